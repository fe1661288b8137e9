package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDelegatingDeserializer;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.StdDelegatingSerializer;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import com.fasterxml.jackson.databind.util.StdConverter;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import java.util.function.Function;
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
