package org.nemotron.nas.distill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.checkpoint.safetensors.SafetensorsWriter;
import org.nemotron.core.tensor.NativeScope;

/** The states of an optimizer as a safetensors file. */
final class StateFile {
  private StateFile() {}

  /** Writes the states, by their names. */
  static void write(Path file, Map<String, Tensor> state) throws IOException {
    new SafetensorsWriter().addAll(state).write(file);
  }

  /** Puts what was written into {@code state}. */
  static void read(Path file, Map<String, Tensor> state) throws IOException {
    try (NativeScope scope = NativeScope.open();
        NoGradGuard inPlace = new NoGradGuard();
        SafetensorsFile saved = SafetensorsFile.open(file)) {
      for (Map.Entry<String, Tensor> entry : state.entrySet()) {
        entry.getValue().copy_(saved.tensor(entry.getKey()));
      }
    }
  }
}
