package org.nemotron.nas.pipeline;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.deser.std.StdDeserializer;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.io.IOException;
import java.io.Serial;
import java.nio.file.Path;
import java.util.function.Function;
import org.nemotron.core.tensor.Device;

/** Paths and devices in a plan's file: as text, the way that a user writes them. */
final class PlanModule extends SimpleModule {
  @Serial private static final long serialVersionUID = 1;

  PlanModule() {
    super("plan");
    addSerializer(Path.class, new ToStringSerializer(Path.class));
    addDeserializer(Path.class, new Parsed<>(Path.class, Path::of));
    addSerializer(Device.class, new ToStringSerializer(Device.class));
    addDeserializer(Device.class, new Parsed<>(Device.class, Device::parse));
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
