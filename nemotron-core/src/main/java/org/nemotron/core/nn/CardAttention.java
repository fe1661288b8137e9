package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.cuda.CardKernel.Shape;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.tensor.WeightFormat;

/**
 * {@link GroupedQueryAttention} in steps on a card: queries, keys and values are one product.
 *
 * <p>Single tokens attend over their pages by a kernel of our own; longer spans by flash attention
 * over keys and values gathered from the pages.
 */
final class CardAttention implements CardSubBlock {
  private static final int PLACE_THREADS = 128;
  private static final int ATTEND_THREADS = 128;
  private static final int GATHER_THREADS = 128;
  private static final int MOST_SPLITS = 16;
  private static final int MOST_FEW_SPLITS = 32;

  private final AttentionSpec.GroupedQuery spec;
  private final CardTurns turns;
  private final CardNorm norm;
  private final CardProduct heads;
  private final CardProduct output;
  private final Optional<CardTensor> headBias;
  private final Optional<CardTensor> outputBias;
  private final Optional<CardTensor> queryNorm;
  private final Optional<CardTensor> keyNorm;
  private final int group;
  private final float scale;

  CardAttention(
      GroupedQueryAttention attention,
      CardTurns turns,
      double eps,
      Device device,
      WeightFormat format) {
    this.spec = attention.spec();
    this.turns = turns;
    NamedTensors tensors = attention.tensors();
    this.norm = new CardNorm(tensors.get("input_layernorm.weight"), eps, device);
    this.heads = CardProduct.joined(joined(tensors, "weight"), device, format);
    this.output = CardProduct.of(tensors.get("self_attn.o_proj.weight"), device, format);
    this.headBias =
        spec.has(AttentionTrait.INPUT_BIASES)
            ? Optional.of(vector(device, joined(tensors, "bias")))
            : Optional.empty();
    this.outputBias =
        spec.has(AttentionTrait.OUTPUT_BIAS)
            ? Optional.of(vector(device, List.of(tensors.get("self_attn.o_proj.bias"))))
            : Optional.empty();
    boolean normed = spec.has(AttentionTrait.HEAD_NORMS);
    this.queryNorm = normed ? headNorm(device, tensors, "q_norm") : Optional.empty();
    this.keyNorm = normed ? headNorm(device, tensors, "k_norm") : Optional.empty();
    this.group = group(spec.groupSize());
    this.scale = (float) (1 / (Math.sqrt(spec.headDim()) * Math.log(2)));
  }

  private static ImmutableList<Tensor> joined(NamedTensors tensors, String kind) {
    return ImmutableList.of(
        tensors.get("self_attn.q_proj." + kind),
        tensors.get("self_attn.k_proj." + kind),
        tensors.get("self_attn.v_proj." + kind));
  }

  private static Optional<CardTensor> headNorm(Device device, NamedTensors tensors, String name) {
    return Optional.of(vector(device, List.of(tensors.get("self_attn." + name + ".weight"))));
  }

  private static CardTensor vector(Device device, List<Tensor> parts) {
    try (NativeScope scope = NativeScope.open()) {
      return CardTensor.of(Tensors.move(Tensors.joined(parts), device, DType.BFLOAT16));
    }
  }

  /** The most query heads of a block that divide those of a key/value head evenly. */
  private static int group(int size) {
    int most = Math.min(size, CardSpace.MOST_GROUP);
    while (size % most != 0) {
      most--;
    }
    return most;
  }

  @Override
  public void run(CardStep step, int layer) {
    CardMemory.Layer memory = step.memory().layer(layer);
    Tensor joined = CardFfn.rows(step.space().joined(), step.count(), heads.outputs());
    step.multiply(heads, step.normalised(norm), joined);
    place(step, memory);
    step.multiply(output, attend(step, memory), step.delta(outputBias));
  }

  @Override
  public void list(StepParts parts, CardMemory.Layer memory) {
    int blocks = parts.rows() * spec.queryHeads() / group;
    int splits = Math.max(1, Math.min(MOST_FEW_SPLITS, parts.blocks() / blocks));
    parts.product(norm, heads, parts.space().joined());
    parts.attention(
        new StepParts.Heads(spec.queryHeads(), spec.kvHeads(), group, splits, scale),
        new StepParts.HeadWeights(address(headBias), address(queryNorm), address(keyNorm)),
        norm.eps(),
        memory);
    parts.added(parts.space().inner(), output, outputBias);
  }

  private static long address(Optional<CardTensor> tensor) {
    return tensor.map(CardTensor::address).orElse(0L);
  }

  @Override
  public int groups() {
    return 1 << group;
  }

  private void place(CardStep step, CardMemory.Layer memory) {
    step.launcher()
        .address(step.space().joined().address())
        .address(address(headBias))
        .address(address(queryNorm))
        .address(address(keyNorm))
        .address(turns.address())
        .address(step.rows().positions())
        .address(step.rows().slots())
        .address(step.space().queries().address())
        .address(memory.keys().address())
        .address(memory.values().address())
        .number(spec.queryHeads())
        .number(spec.kvHeads())
        .number(spec.headDim())
        .number(norm.eps());
    int all = spec.queryHeads() + 2 * spec.kvHeads();
    int warps = PLACE_THREADS / 32;
    step.kernels()
        .of("place_heads")
        .launch(
            step.launcher(),
            new Shape(step.count(), (all + warps - 1) / warps, 1, PLACE_THREADS, 0));
  }

  private Tensor attend(CardStep step, CardMemory.Layer memory) {
    if (step.rows().attention() instanceof CardRows.Attention.OfPieces pieces) {
      return flash(step, memory, pieces);
    }
    return decode(step, memory);
  }

  private Tensor decode(CardStep step, CardMemory.Layer memory) {
    int chunks = spec.groupSize() / group;
    int blocks = step.count() * spec.kvHeads() * chunks;
    int splits = Math.max(1, Math.min(MOST_SPLITS, CardSpace.SPLIT_BLOCKS / blocks));
    step.launcher()
        .address(step.space().queries().address())
        .address(memory.keys().address())
        .address(memory.values().address())
        .address(step.rows().tables())
        .address(step.rows().tableWidth())
        .address(step.rows().lengths())
        .number(spec.kvHeads())
        .number(chunks)
        .number(scale)
        .address(step.space().inner().address())
        .address(step.space().parts().address())
        .address(step.space().marks().address())
        .address(step.space().arrivals().address());
    step.kernels()
        .ofAttention("attend", spec.headDim(), group)
        .launch(
            step.launcher(),
            new Shape(splits, spec.kvHeads() * chunks, step.count(), ATTEND_THREADS, 0));
    return CardFfn.rows(step.space().inner(), step.count(), output.inputs());
  }

  private Tensor flash(CardStep step, CardMemory.Layer memory, CardRows.Attention.OfPieces pieces) {
    Device device = step.kernels().card().device();
    long[] shape = {pieces.context(), spec.kvHeads(), spec.headDim()};
    Tensor keys = Tensors.uninitialised(device, DType.BFLOAT16, shape);
    Tensor values = Tensors.uninitialised(device, DType.BFLOAT16, shape);
    step.launcher()
        .tensor(pieces.slots())
        .address(memory.keys().address())
        .address(memory.values().address())
        .tensor(keys)
        .tensor(values)
        .number(memory.stride());
    step.kernels().of("gather").launch(step.launcher(), Shape.of(pieces.context(), GATHER_THREADS));
    Tensor queries =
        CardFfn.rows(step.space().queries(), step.count(), output.inputs())
            .view(step.count(), spec.queryHeads(), spec.headDim());
    return FlashAttention.causal(queries, keys, values, pieces.sequences())
        .view(step.count(), output.inputs());
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
    norm.close();
    heads.close();
    output.close();
    headBias.ifPresent(CardTensor::close);
    outputBias.ifPresent(CardTensor::close);
    queryNorm.ifPresent(CardTensor::close);
    keyNorm.ifPresent(CardTensor::close);
  }
}
