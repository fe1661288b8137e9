package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdDelegatingSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.util.StdConverter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import java.util.function.Function;
import org.nemotron.core.data.DocumentSource;
import org.nemotron.core.data.DocumentSource.Content;
import org.nemotron.core.data.DocumentSource.Format;
import org.nemotron.core.data.DocumentSource.Loss;
import org.nemotron.core.tensor.Device;
import org.nemotron.nas.score.Score;

/** Paths, devices, metrics and limits in a plan's file, the way that a user writes them. */
final class PlanModule extends SimpleModule {
  @Serial private static final long serialVersionUID = 1;

  PlanModule() {
    super("plan");
    addSerializer(Path.class, new ToStringSerializer(Path.class));
    addDeserializer(Path.class, new Parsed<>(Path.class, Path::of));
    addSerializer(Device.class, new ToStringSerializer(Device.class));
    addDeserializer(Device.class, new Parsed<>(Device.class, Device::parse));
    addSerializer(Score.Metric.class, new ToStringSerializer(Score.Metric.class));
    addDeserializer(Score.Metric.class, new Parsed<>(Score.Metric.class, Score.Metric::new));
    addSerializer(Limit.class, new StdDelegatingSerializer(Limit.class, new ToJson()));
    addDeserializer(Limit.class, new StdDelegatingDeserializer<>(new FromJson()));
    addDeserializer(DocumentSource.class, new SourceFromJson());
  }

  /**
   * A limit as it stands in a plan.
   *
   * @param quantity one of {@link Limit.Quantity}, or the name of a cost of the user's own
   */
  record LimitJson(String quantity, Limit.Bound bound, double value) {}

  private static final class ToJson extends StdConverter<Limit, LimitJson> {
    @Override
    public LimitJson convert(Limit limit) {
      String quantity = limit.cost().isEmpty() ? limit.quantity().name() : limit.cost();
      return new LimitJson(quantity, limit.bound(), limit.value());
    }
  }

  private static final class FromJson extends StdConverter<LimitJson, Limit> {
    @Override
    public Limit convert(LimitJson json) {
      return Limit.Quantity.MEASURED.stream()
          .filter(quantity -> quantity.name().equals(json.quantity()))
          .findFirst()
          .map(quantity -> new Limit(quantity, json.bound(), json.value()))
          .orElseGet(() -> Limit.ofCost(json.quantity(), json.bound(), json.value()));
    }
  }

  /** A source names its files and what differs from {@link DocumentSource#of}. */
  private static final class SourceFromJson extends StdDeserializer<DocumentSource> {
    @Serial private static final long serialVersionUID = 1;

    private static final ImmutableSet<String> KEYS =
        ImmutableSet.of("files", "format", "content", "key", "loss", "weight");

    SourceFromJson() {
      super(DocumentSource.class);
    }

    @Override
    public DocumentSource deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      JsonNode given = context.readTree(json);
      for (String key : ImmutableList.copyOf(given.fieldNames())) {
        if (!KEYS.contains(key)) {
          throw UnrecognizedPropertyException.from(
              json, DocumentSource.class, key, ImmutableList.copyOf(KEYS));
        }
      }
      ImmutableList.Builder<String> files = ImmutableList.builder();
      given.path("files").forEach(file -> files.add(file.asText()));
      Content content = named(given, "content", Content.TEXT, context);
      return new DocumentSource(
          files.build(),
          named(given, "format", Format.BY_NAME, context),
          content,
          given.path("key").asText(content == Content.TEXT ? "text" : "messages"),
          named(given, "loss", Loss.ALL_TOKENS, context),
          given.has("weight") ? context.readTreeAsValue(given.get("weight"), Double.class) : 1);
    }

    private static <E extends Enum<E>> E named(
        JsonNode given, String key, E usual, DeserializationContext context) throws IOException {
      return given.has(key)
          ? context.readTreeAsValue(given.get(key), usual.getDeclaringClass())
          : usual;
    }
  }

  private static final class Parsed<T> extends StdDeserializer<T> {
    @Serial private static final long serialVersionUID = 1;

    private final transient Function<String, T> parser;

    Parsed(Class<T> type, Function<String, T> parser) {
      super(type);
      this.parser = parser;
    }

    @Override
    public T deserialize(JsonParser json, DeserializationContext context) throws IOException {
      String text = json.getValueAsString();
      if (text == null) {
        return handleUnexpected(json, context);
      }
      return parser.apply(text);
    }

    @SuppressWarnings("unchecked")
    private T handleUnexpected(JsonParser json, DeserializationContext context) throws IOException {
      return (T) context.handleUnexpectedToken(handledType(), json);
    }
  }
}
