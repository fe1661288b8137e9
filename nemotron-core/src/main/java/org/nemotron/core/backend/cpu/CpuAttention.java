package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * {@link GroupedQueryAttention} in steps: queries, keys and values are one product, whose heads are
 * shared out among the threads; attention itself is shared out by piece and key/value head.
 */
final class CpuAttention implements CpuSubBlock {
  private final AttentionSpec.GroupedQuery spec;
  private final RotaryCache rotary;
  private final CpuRmsNorm norm;
  private final ColumnParallelLinear heads;
  private final ColumnParallelLinear output;
  private final Optional<float[]> headBias;
  private final Optional<float[]> outputBias;
  private final Optional<CpuRmsNorm> queryNorm;
  private final Optional<CpuRmsNorm> keyNorm;
  private final Resources parts;

  CpuAttention(
      GroupedQueryAttention attention,
      RotaryCache rotary,
      double eps,
      int team,
      WeightFormat format) {
    this.spec = attention.spec();
    this.rotary = rotary;
    NamedTensors tensors = attention.tensors();
    this.norm = new CpuRmsNorm(tensors.get("input_layernorm.weight"), eps);
    this.queryNorm = headNorm(tensors, "self_attn.q_norm.weight", eps);
    this.keyNorm = headNorm(tensors, "self_attn.k_norm.weight", eps);
    this.outputBias =
        spec.has(AttentionTrait.OUTPUT_BIAS)
            ? Optional.of(Tensors.floats(tensors.get("self_attn.o_proj.bias")))
            : Optional.empty();
    try (Resources made = new Resources();
        NativeScope scope = NativeScope.open()) {
      Tensor weights = joined(tensors, "weight");
      this.heads =
          made.add(
              ColumnParallelLinear.of(weights, spec.headDim(), team, format),
              ColumnParallelLinear::close);
      this.headBias =
          spec.has(AttentionTrait.INPUT_BIASES)
              ? Optional.of(Tensors.floats(joined(tensors, "bias")))
              : Optional.empty();
      this.output =
          made.add(
              ColumnParallelLinear.of(tensors.get("self_attn.o_proj.weight"), 16, team, format),
              ColumnParallelLinear::close);
      this.parts = made.complete();
    }
  }

  private static Tensor joined(NamedTensors tensors, String kind) {
    TensorVector parts = new TensorVector();
    for (String projection : List.of("q_proj", "k_proj", "v_proj")) {
      parts.push_back(tensors.get("self_attn." + projection + "." + kind));
    }
    return torch.cat(parts, 0);
  }

  private Optional<CpuRmsNorm> headNorm(NamedTensors tensors, String name, double eps) {
    return spec.has(AttentionTrait.HEAD_NORMS)
        ? Optional.of(new CpuRmsNorm(tensors.get(name), eps))
        : Optional.empty();
  }

  @Override
  public void run(CpuStep step, int layer, Worker worker) {
    CpuWorkspace space = step.space();
    int rows = step.rows().rows();
    space.normalize(norm, rows, worker);
    worker.await();
    heads.multiply(space.of(worker), space.normalized(), rows);
    place(step, step.memory().layer(layer), worker);
    if (worker.index() == 0) {
      space.handOut();
    }
    worker.await();
    attend(step, step.memory().layer(layer), worker);
    worker.await();
    output.multiply(space.of(worker), space.inner(), rows);
    space.add(worker, rows, output);
    outputBias.ifPresent(
        bias ->
            space.addBias(bias, rows, output.start(worker.index()), output.share(worker.index())));
    worker.await();
  }

  /** Turns the thread's heads and puts them where attention finds them. */
  private void place(CpuStep step, CpuKvCache.Layer memory, Worker worker) {
    int share = heads.share(worker.index());
    int stride = heads.stride(worker.index());
    int firstHead = heads.start(worker.index()) / spec.headDim();
    NativeFloats products = step.space().of(worker).products();
    float[] row = step.space().of(worker).row(share);
    for (int r = 0; r < step.rows().rows(); r++) {
      products.read((long) r * stride, row, 0, share);
      headBias.ifPresent(bias -> add(bias, heads.start(worker.index()), row, share));
      for (int offset = 0; offset < share; offset += spec.headDim()) {
        place(step, memory, row, offset, firstHead + offset / spec.headDim(), r);
      }
    }
  }

  private static void add(float[] bias, int from, float[] row, int length) {
    for (int i = 0; i < length; i++) {
      row[i] += bias[from + i];
    }
  }

  private void place(
      CpuStep step, CpuKvCache.Layer memory, float[] values, int offset, int head, int row) {
    int headDim = spec.headDim();
    int keys = spec.queryHeads();
    int firstValue = keys + spec.kvHeads();
    long token = step.rows().slot(row) * memory.stride();
    if (head < firstValue) {
      Optional<CpuRmsNorm> headNorm = head < keys ? queryNorm : keyNorm;
      headNorm.ifPresent(own -> own.apply(values, offset, values, offset));
      rotary.rotate(values, offset, step.rows().position(row));
    }
    if (head < keys) {
      long to = ((long) row * keys + head) * headDim;
      step.space().queries().write(to, values, offset, headDim);
    } else if (head < firstValue) {
      memory.keys().write(token + (long) (head - keys) * headDim, values, offset, headDim);
    } else {
      memory.values().write(token + (long) (head - firstValue) * headDim, values, offset, headDim);
    }
  }

  private void attend(CpuStep step, CpuKvCache.Layer memory, Worker worker) {
    ImmutableList<BatchRows.Piece> pieces = step.rows().pieces();
    int items = pieces.size() * spec.kvHeads();
    PagedAttention attention =
        new PagedAttention(spec, memory, step.space().queries(), step.space().inner());
    for (int item = step.space().takeItem(); item < items; item = step.space().takeItem()) {
      attention.attend(
          pieces.get(item / spec.kvHeads()), item % spec.kvHeads(), step.space().of(worker));
    }
  }

  @Override
  public long weightBytes() {
    return heads.bytes() + output.bytes();
  }

  @Override
  public int innerWidth() {
    return spec.queryHeads() * spec.headDim();
  }

  @Override
  public int widestProduct() {
    return Math.max(heads.widest(), output.widest());
  }

  @Override
  public void close() {
    parts.close();
  }
}
