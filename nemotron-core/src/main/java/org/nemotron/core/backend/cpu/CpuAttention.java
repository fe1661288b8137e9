package org.nemotron.core.backend.cpu;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.nemotron.core.backend.cpu.ThreadTeam.Worker;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.Resources;

/**
 * {@link GroupedQueryAttention} in steps: queries, keys and values are one product, whose heads are
 * cut into chunks; attention itself is drawn by piece and key/value head.
 */
final class CpuAttention implements CpuSubBlock {
  /** From so many on, threads that draw whole pieces end at about the same time. */
  private static final int PIECES_PER_THREAD = 4;

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

  CpuAttention(AttentionSpec.GroupedQuery spec, CpuLayerWeights weights, RotaryCache rotary) {
    this.spec = spec;
    this.rotary = rotary;
    this.norm = weights.norm("input_layernorm.weight");
    this.queryNorm = headNorm(weights, "self_attn.q_norm.weight");
    this.keyNorm = headNorm(weights, "self_attn.k_norm.weight");
    this.headBias = bias(AttentionTrait.INPUT_BIASES, weights, joined("bias"));
    this.outputBias =
        bias(AttentionTrait.OUTPUT_BIAS, weights, ImmutableList.of("self_attn.o_proj.bias"));
    try (Resources made = new Resources()) {
      this.heads =
          made.add(weights.joined(joined("weight"), spec.headDim()), ColumnParallelLinear::close);
      this.output =
          made.add(weights.linear("self_attn.o_proj.weight"), ColumnParallelLinear::close);
      this.parts = made.complete();
    }
  }

  private static ImmutableList<String> joined(String kind) {
    return ImmutableList.of(
        "self_attn.q_proj." + kind, "self_attn.k_proj." + kind, "self_attn.v_proj." + kind);
  }

  private Optional<CpuRmsNorm> headNorm(CpuLayerWeights weights, String name) {
    return spec.has(AttentionTrait.HEAD_NORMS) ? Optional.of(weights.norm(name)) : Optional.empty();
  }

  private Optional<float[]> bias(
      AttentionTrait trait, CpuLayerWeights weights, ImmutableList<String> names) {
    return spec.has(trait) ? Optional.of(weights.vector(names)) : Optional.empty();
  }

  @Override
  public void run(CpuStep step, int layer, Worker worker) {
    CpuWorkspace space = step.space();
    ThreadWorkspace own = space.of(worker);
    int rows = step.rows().rows();
    NormalizedRows input = space.normalized(norm, rows, worker);
    worker.each(
        heads.chunks(),
        chunk -> heads.multiply(chunk, own, input.get(), rows),
        chunk -> place(step, step.memory().layer(layer), own, chunk));
    attend(step, step.memory().layer(layer), worker);
    space.addProduct(output, outputBias, rows, worker);
  }

  /** Turns a chunk's heads and puts them where attention finds them. */
  private void place(CpuStep step, CpuKvCache.Layer memory, ThreadWorkspace own, int chunk) {
    int share = heads.share(chunk);
    int stride = heads.stride(chunk);
    int firstHead = heads.start(chunk) / spec.headDim();
    NativeFloats products = own.products();
    float[] row = own.row(share);
    for (int r = 0; r < step.rows().rows(); r++) {
      products.read((long) r * stride, row, 0, share);
      headBias.ifPresent(bias -> add(bias, heads.start(chunk), row, share));
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
    if (head < firstValue) {
      Optional<CpuRmsNorm> headNorm = head < keys ? queryNorm : keyNorm;
      headNorm.ifPresent(own -> own.apply(values, offset, values, offset));
      rotary.rotate(values, offset, step.rows().position(row));
    }
    if (head < keys) {
      long to = ((long) row * keys + head) * headDim;
      step.space().queries().write(to, values, offset, headDim);
    } else if (head < firstValue) {
      memory.writeKey(step.rows().slot(row), head - keys, values, offset, headDim);
    } else {
      memory.writeValue(step.rows().slot(row), head - firstValue, values, offset, headDim);
    }
  }

  private void attend(CpuStep step, CpuKvCache.Layer memory, Worker worker) {
    if (step.rows().tree().isPresent()) {
      attend(step.rows().tree().get(), step, memory, worker);
    } else {
      attendPages(step, memory, worker);
    }
  }

  private void attend(TreeRows tree, CpuStep step, CpuKvCache.Layer memory, Worker worker) {
    CpuWorkspace space = step.space();
    TreeAttention attention = new TreeAttention(spec, tree, space.of(worker).treeRoom());
    worker.each(
        spec.kvHeads(), head -> attention.attend(head, memory, space.queries(), space.inner()));
  }

  private void attendPages(CpuStep step, CpuKvCache.Layer memory, Worker worker) {
    ImmutableList<BatchRows.Piece> pieces = step.rows().pieces();
    PagedAttention attention =
        new PagedAttention(
            spec, memory, step.space().queries(), step.space().inner(), step.space().of(worker));
    int heads = headsPerItem(pieces.size(), worker.count());
    int parts = spec.kvHeads() / heads;
    worker.each(
        pieces.size() * parts,
        item -> {
          for (int head = 0; head < heads; head++) {
            attention.attend(pieces.get(item / parts), item % parts * heads + head);
          }
        });
  }

  /**
   * All heads of a piece lie side by side: where there are pieces enough, one thread takes them.
   */
  private int headsPerItem(int pieces, int threads) {
    return pieces >= PIECES_PER_THREAD * threads ? spec.kvHeads() : 1;
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
