package org.nemotron.examples.crash;

import com.google.common.collect.Iterators;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** The platform's paths, said to belong to another file system. */
final class WrappedPaths {
  private WrappedPaths() {}

  static Path wrapped(Path path, FileSystem fileSystem) {
    return (Path)
        Proxy.newProxyInstance(
            WrappedPaths.class.getClassLoader(),
            new Class<?>[] {Path.class},
            new Handler(path, fileSystem));
  }

  static Path unwrapped(Path path) {
    return Proxy.isProxyClass(path.getClass())
            && Proxy.getInvocationHandler(path) instanceof Handler handler
        ? handler.path()
        : path;
  }

  /** Does with the platform's path what is asked of the wrapped one. */
  private record Handler(Path path, FileSystem fileSystem) implements InvocationHandler {
    @Override
    public @Nullable Object invoke(Object proxy, Method method, Object @Nullable [] given)
        throws Throwable {
      return switch (method.getName()) {
        case "getFileSystem" -> fileSystem;
        case "toFile", "forEach", "spliterator" ->
            InvocationHandler.invokeDefault(proxy, method, given);
        default -> wrappedResult(called(method, given));
      };
    }

    private @Nullable Object called(Method method, Object @Nullable [] given) throws Throwable {
      Object @Nullable [] arguments = given == null ? null : given.clone();
      for (int index = 0; arguments != null && index < arguments.length; index++) {
        if (arguments[index] instanceof Path argument) {
          arguments[index] = unwrapped(argument);
        }
      }
      try {
        return method.invoke(path, arguments);
      } catch (InvocationTargetException e) {
        throw e.getTargetException();
      }
    }

    private @Nullable Object wrappedResult(@Nullable Object result) {
      if (result instanceof Path other) {
        return wrapped(other, fileSystem);
      }
      return result instanceof Iterator<?> names
          ? Iterators.transform(names, name -> wrapped((Path) name, fileSystem))
          : result;
    }
  }
}
