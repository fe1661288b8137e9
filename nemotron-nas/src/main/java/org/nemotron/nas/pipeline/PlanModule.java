package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdDelegatingSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.util.StdConverter;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import java.util.function.Function;
import org.nemotron.core.data.DocumentSource;
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

    SourceFromJson() {
      super(DocumentSource.class);
    }

    @Override
    public DocumentSource deserialize(JsonParser json, DeserializationContext context)
        throws IOException {
      SourceJson given = context.readValue(json, SourceJson.class);
      if (given.files().isEmpty()) {
        return context.reportInputMismatch(DocumentSource.class, "a source must name its files");
      }
      return given.source();
    }
  }

  /** A source as it stands in a plan; what it does not name is empty or 0. */
  @JsonIgnoreProperties(ignoreUnknown = false)
  static final class SourceJson {
    @JsonProperty ImmutableList<String> files = ImmutableList.of();
    @JsonProperty DocumentSource.Format format = DocumentSource.Format.BY_NAME;
    @JsonProperty DocumentSource.Content content = DocumentSource.Content.TEXT;
    @JsonProperty String key = "";
    @JsonProperty DocumentSource.Loss loss = DocumentSource.Loss.ALL_TOKENS;
    @JsonProperty double weight = 1;

    ImmutableList<String> files() {
      return files;
    }

    DocumentSource source() {
      boolean text = content == DocumentSource.Content.TEXT;
      String usual = text ? "text" : "messages";
      return new DocumentSource(files, format, content, key.isEmpty() ? usual : key, loss, weight);
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
