package org.nemotron.core.checkpoint.file;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.CheckpointFormatException;
import org.nemotron.core.inference.KvScales;
import org.nemotron.core.parallel.TensorSlice;
import org.nemotron.core.tensor.DType;

/** Tensors in files, by their Hugging Face names. */
public interface StoredWeights {
  /** Returns the file or directory, to be named in errors. */
  String where();

  /** Returns the names of all tensors. */
  ImmutableSet<String> names();

  /** Returns what is known of a tensor that is not there, to be put behind "is missing". */
  default String absence(String name) {
    return "";
  }

  /** Returns the shape of the tensor called {@code name}. */
  ImmutableList<Long> shape(String name);

  /** Returns the element type that {@link #tensor} gives. */
  DType dtype(String name) throws CheckpointFormatException;

  /** Returns the tensor called {@code name}, owned by the current scope. */
  Tensor tensor(String name) throws IOException;

  /**
   * Returns a slice of the tensor called {@code name}, owned by the current scope; nothing else of
   * the tensor is read where the file holds it as it is.
   */
  default Tensor slice(String name, TensorSlice slice) throws IOException {
    return tensor(name).narrow(slice.dimension(), slice.range().begin(), slice.range().size());
  }

  /** Returns the scales of a layer's KV cache, as calibrated by who made the checkpoint. */
  default KvScales kvScales(int layer) throws IOException {
    return KvScales.ONE;
  }
}
