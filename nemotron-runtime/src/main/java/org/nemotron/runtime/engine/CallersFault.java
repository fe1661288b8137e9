package org.nemotron.runtime.engine;

/**
 * What the code of a caller throws on the engine's thread: it is the fault of one request, an error
 * such as a failed assertion or a missing class as well. Only an error of the virtual machine, such
 * as a full heap, is everybody's.
 */
final class CallersFault {
  private CallersFault() {}

  /**
   * Returns {@code thrown} as what fails the request.
   *
   * @throws VirtualMachineError if it is one, unless it is a stack that the caller's code filled
   */
  static RuntimeException of(Throwable thrown) {
    if (thrown instanceof VirtualMachineError everybodys
        && !(thrown instanceof StackOverflowError)) {
      throw everybodys;
    }
    return thrown instanceof RuntimeException own
        ? own
        : new IllegalStateException("the listener of the request failed: " + thrown, thrown);
  }
}
