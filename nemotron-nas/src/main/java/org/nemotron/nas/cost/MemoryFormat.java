package org.nemotron.nas.cost;

import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;

/** In which formats the memory of a model that serves is counted. */
public enum MemoryFormat {
  /**
   * Those in which this library serves on the device: 16-bit weights, and a KV cache of float32 on
   * the CPU, of bfloat16 on a GPU.
   */
  SERVING {
    @Override
    public MemoryModel on(Device device) {
      return device.equals(Device.CPU)
          ? new MemoryModel(DType.FLOAT16, DType.FLOAT32)
          : new MemoryModel(DType.BFLOAT16);
    }
  },
  /** Weights and KV cache in float32. */
  FLOAT32 {
    @Override
    public MemoryModel on(Device device) {
      return new MemoryModel(DType.FLOAT32);
    }
  },
  /** Weights and KV cache in half precision, as llama.cpp holds a GGUF file in F16. */
  FLOAT16 {
    @Override
    public MemoryModel on(Device device) {
      return new MemoryModel(DType.FLOAT16);
    }
  },
  /** Weights and KV cache in bfloat16, as engines on GPUs hold it. */
  BFLOAT16 {
    @Override
    public MemoryModel on(Device device) {
      return new MemoryModel(DType.BFLOAT16);
    }
  },
  /**
   * Weights of the layers and KV cache as 8-bit floats, embedding and head in bfloat16, as this
   * library serves on a GPU when it is asked to. Scales of weights are not counted: less than 0.1
   * %.
   */
  FLOAT8_E4M3 {
    @Override
    public MemoryModel on(Device device) {
      return new MemoryModel(DType.FLOAT8_E4M3);
    }
  };

  /** Returns how memory is counted for a model that serves on {@code device}. */
  public abstract MemoryModel on(Device device);
}
