package org.nemotron.runtime.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import org.junit.jupiter.api.Test;

/** A program that has the package of the server, but not the library it needs. */
final class MissingVertxTest {
  @Test
  void listen_withoutVertx_namesTheDependencies() throws ReflectiveOperationException {
    ClassLoader loader = new WithoutVertx();
    Class<?> settings = loader.loadClass(ServerSettings.class.getName());
    Method listen = loader.loadClass(InferenceServer.class.getName()).getMethod("listen", settings);
    assertThat(listen.getDeclaringClass()).isNotEqualTo(InferenceServer.class);
    Object defaults = settings.getMethod("defaults").invoke(null);
    assertThatThrownBy(() -> listen.invoke(null, defaults))
        .isInstanceOf(InvocationTargetException.class)
        .cause()
        .isExactlyInstanceOf(IllegalStateException.class)
        .hasMessage(
            "the server needs Vert.x, which is missing.\n"
                + "Maybe add io.vertx:vertx-core to the class path, and for metrics"
                + " io.prometheus:prometheus-metrics-core and"
                + " io.prometheus:prometheus-metrics-exposition-textformats.");
  }

  /** Defines the classes of the package itself, and finds none of Vert.x. */
  private static final class WithoutVertx extends ClassLoader {
    private WithoutVertx() {
      super(MissingVertxTest.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("io.vertx.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith(InferenceServer.class.getPackageName())) {
        return super.loadClass(name, resolve);
      }
      Class<?> loaded = findLoadedClass(name);
      return loaded == null ? defined(name) : loaded;
    }

    private Class<?> defined(String name) throws ClassNotFoundException {
      String file = name.replace('.', '/') + ".class";
      try (InputStream in = getParent().getResourceAsStream(file)) {
        if (in == null) {
          throw new ClassNotFoundException(name);
        }
        byte[] bytes = in.readAllBytes();
        return defineClass(name, bytes, 0, bytes.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }
}
