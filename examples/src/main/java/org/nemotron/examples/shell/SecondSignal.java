package org.nemotron.examples.shell;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.List;

/**
 * A signal while the program ends already, which Java ignores otherwise. The virtual machine's
 * interface for signals is not part of its API, so that it is looked for; without it, the program
 * ends in its own time.
 */
public final class SecondSignal {
  private SecondSignal() {}

  /** Calls {@code action} when SIGTERM or SIGINT comes from now on. */
  public static void calls(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler calling =
          (proxy, method, arguments) -> {
            action.run();
            return null;
          };
      Object proxy =
          Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, calling);
      for (String name : List.of("TERM", "INT")) {
        Object unused =
            signal
                .getMethod("handle", signal, handler)
                .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
      }
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      System.getLogger(SecondSignal.class.getName())
          .log(System.Logger.Level.DEBUG, "signals cannot be handled here", e);
    }
  }
}
