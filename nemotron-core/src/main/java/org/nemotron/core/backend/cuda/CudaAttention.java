package org.nemotron.core.backend.cuda;

import com.google.common.collect.ImmutableList;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CudaKernel;
import org.nemotron.core.cuda.CudaKernel.Shape;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/**
 * {@link GroupedQueryAttention} in steps on a GPU: queries, keys and values are one product.
 *
 * <p>Single tokens attend over their pages by a kernel of our own; longer chunks by flash attention
 * over keys and values gathered from the pages.
 */
final class CudaAttention implements CudaSubBlock {
  private static final int TENSOR_HEAD_DIM = 128;
  private static final int PLACE_THREADS = 128;
  private static final int ATTEND_THREADS = 128;
  private static final int GATHER_THREADS = 128;
  private static final int MOST_SPLITS = 16;
  private static final int MOST_FEW_SPLITS = 32;

  private final AttentionSpec.GroupedQuery spec;
  private final CudaRotaryCache rotary;
  private final CudaRmsNorm norm;
  private final PackedLinear heads;
  private final PackedLinear output;
  private final Optional<CudaTensor> headBias;
  private final Optional<CudaTensor> outputBias;
  private final Optional<CudaTensor> queryNorm;
  private final Optional<CudaTensor> keyNorm;
  private final int group;
  private final int tensorGroup;
  private final float scale;
  private final Resources parts;

  CudaAttention(AttentionSpec.GroupedQuery spec, CudaLayerWeights weights, CudaRotaryCache rotary) {
    this.spec = spec;
    this.rotary = rotary;
    try (Resources made = new Resources()) {
      this.norm = made.add(weights.norm("input_layernorm.weight"), CudaRmsNorm::close);
      this.heads = made.add(weights.joined(joined("weight")), PackedLinear::close);
      this.output = made.add(weights.linear("self_attn.o_proj.weight"), PackedLinear::close);
      this.headBias = vector(AttentionTrait.INPUT_BIASES, weights, joined("bias"), made);
      this.outputBias =
          vector(
              AttentionTrait.OUTPUT_BIAS, weights, ImmutableList.of("self_attn.o_proj.bias"), made);
      this.queryNorm = headNorm(weights, "self_attn.q_norm.weight", made);
      this.keyNorm = headNorm(weights, "self_attn.k_norm.weight", made);
      this.parts = made.complete();
    }
    this.group = group(spec.groupSize(), CudaWorkspace.MOST_GROUP);
    this.tensorGroup = group(spec.groupSize(), CudaWorkspace.MOST_TENSOR_GROUP);
    this.scale = (float) (1 / (Math.sqrt(spec.headDim()) * Math.log(2)));
  }

  private static ImmutableList<String> joined(String kind) {
    return ImmutableList.of(
        "self_attn.q_proj." + kind, "self_attn.k_proj." + kind, "self_attn.v_proj." + kind);
  }

  private Optional<CudaTensor> headNorm(CudaLayerWeights weights, String name, Resources made) {
    return vector(AttentionTrait.HEAD_NORMS, weights, ImmutableList.of(name), made);
  }

  private Optional<CudaTensor> vector(
      AttentionTrait trait, CudaLayerWeights weights, ImmutableList<String> names, Resources made) {
    return spec.has(trait)
        ? Optional.of(made.add(weights.vector(names), CudaTensor::close))
        : Optional.empty();
  }

  /** The most query heads of a block that divide those of a key/value head evenly. */
  private static int group(int size, int limit) {
    int most = Math.min(size, limit);
    while (size % most != 0) {
      most--;
    }
    return most;
  }

  @Override
  public void run(CudaStep step, int layer) {
    CudaKvCache.Layer memory = step.memory().layer(layer);
    Tensor joined = CudaFfn.rows(step.space().joined(), step.count(), heads.outputs());
    step.multiply(heads, step.normalized(norm, heads), joined);
    place(step, memory);
    Tensor read = attend(step, memory);
    step.add(output, step.input(read, output), outputBias);
  }

  @Override
  public void list(WorkList parts, CudaKvCache.Layer memory) {
    int blocks = parts.rows() * spec.queryHeads() / group;
    int splits = Math.max(1, Math.min(MOST_FEW_SPLITS, parts.blocks() / blocks));
    parts.product(norm, heads, parts.space().joined());
    parts.attention(
        new WorkList.Heads(spec.queryHeads(), spec.kvHeads(), group, splits, scale),
        new WorkList.HeadWeights(address(headBias), address(queryNorm), address(keyNorm)),
        norm.eps(),
        memory);
    parts.added(parts.space().inner(), output, outputBias);
  }

  private static long address(Optional<CudaTensor> tensor) {
    return tensor.map(CudaTensor::address).orElse(0L);
  }

  @Override
  public int groups() {
    return 1 << group;
  }

  private void place(CudaStep step, CudaKvCache.Layer memory) {
    step.launcher()
        .address(step.space().joined().address())
        .address(address(headBias))
        .address(address(queryNorm))
        .address(address(keyNorm))
        .address(rotary.address())
        .address(step.rows().positions())
        .address(step.rows().slots())
        .address(step.space().queries().address())
        .address(memory.keys().address())
        .address(memory.values().address());
    if (memory.isEight()) {
      step.launcher().address(memory.scales()).address(memory.saturated());
    }
    step.addScalesBehind();
    step.launcher()
        .number(spec.queryHeads())
        .number(spec.kvHeads())
        .number(spec.headDim())
        .number(norm.eps());
    int all = spec.queryHeads() + 2 * spec.kvHeads();
    int warps = PLACE_THREADS / 32;
    CudaKernel kernel =
        memory.isEight()
            ? step.kernels().ofEight("place_heads_eight")
            : step.kernels().of("place_heads");
    kernel.launch(
        step.launcher(), new Shape(step.count(), (all + warps - 1) / warps, 1, PLACE_THREADS, 0));
  }

  /** Returns what the heads read, {@code [R, N * H]}. */
  private Tensor attend(CudaStep step, CudaKvCache.Layer memory) {
    CudaRows.Attention attention = step.rows().attention();
    int pieceRows = attention.pieceRows(step.count());
    if (pieceRows < step.count()) {
      decode(step, memory, pieceRows);
    }
    Optional<Tensor> ofPieces =
        attention.pieces().map(pieces -> flash(step, memory, pieces, pieceRows));
    if (pieceRows == step.count()) {
      return ofPieces.orElseThrow();
    }
    Tensor all = CudaFfn.rows(step.space().inner(), step.count(), output.inputs());
    ofPieces.ifPresent(
        read -> {
          Tensor unused = all.narrow(0, 0, pieceRows).copy_(read);
        });
    return all;
  }

  /** Attends for the single tokens, rows {@code first} on. */
  private void decode(CudaStep step, CudaKvCache.Layer memory, int first) {
    int singles = step.count() - first;
    long before = (long) first * output.inputs() * Short.BYTES;
    boolean tensor =
        memory.isEight() && spec.headDim() == TENSOR_HEAD_DIM && Shortcut.TENSOR_ATTENTION.taken();
    int served = tensor ? tensorGroup : group;
    int chunks = spec.groupSize() / served;
    int blocks = singles * spec.kvHeads() * chunks;
    int splits = Math.max(1, Math.min(MOST_SPLITS, CudaWorkspace.SPLIT_BLOCKS / blocks));
    step.launcher()
        .address(step.space().queries().address() + before)
        .address(memory.keys().address())
        .address(memory.values().address())
        .address(memory.scales())
        .address(step.rows().tables())
        .address(step.rows().tableWidth())
        .address(step.rows().lengths(first))
        .number(spec.kvHeads())
        .number(chunks)
        .number(scale)
        .address(step.space().inner().address() + before)
        .address(step.space().splits().address())
        .address(step.space().marks().address())
        .address(step.space().arrivals().address());
    CudaKernel kernel =
        tensor
            ? step.kernels().ofTensorAttention(served)
            : step.kernels().ofAttention(spec.headDim(), served, memory.isEight());
    kernel.launch(
        step.launcher(), new Shape(splits, spec.kvHeads() * chunks, singles, ATTEND_THREADS, 0));
  }

  /** Attends for the pieces, the first {@code rows} rows. */
  private Tensor flash(
      CudaStep step, CudaKvCache.Layer memory, CudaRows.Attention.OfPieces pieces, int rows) {
    Device device = step.kernels().gpu().device();
    long[] shape = {pieces.context(), spec.kvHeads(), spec.headDim()};
    Tensor keys = Tensors.uninitialized(device, DType.BFLOAT16, shape);
    Tensor values = Tensors.uninitialized(device, DType.BFLOAT16, shape);
    step.launcher()
        .tensor(pieces.slots())
        .address(memory.keys().address())
        .address(memory.values().address())
        .tensor(keys)
        .tensor(values)
        .number(memory.stride());
    if (memory.isEight()) {
      step.launcher().address(memory.scales()).number(spec.headDim());
    }
    CudaKernel kernel =
        memory.isEight() ? step.kernels().ofEight("gather_eight") : step.kernels().of("gather");
    kernel.launch(step.launcher(), Shape.of(pieces.context(), GATHER_THREADS));
    Tensor queries =
        CudaFfn.rows(step.space().queries(), rows, output.inputs())
            .view(rows, spec.queryHeads(), spec.headDim());
    return FlashAttention.causal(queries, keys, values, pieces.sequences())
        .view(rows, output.inputs());
  }

  @Override
  public long weightBytes() {
    return heads.bytes() + output.bytes();
  }

  @Override
  public int joinedWidth() {
    return heads.outputs();
  }

  @Override
  public int innerWidth() {
    return output.inputs();
  }

  @Override
  public void close() {
    parts.close();
  }
}
