package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.AttentionTrait;
import org.nemotron.core.tensor.FloatArea;
import org.nemotron.core.tensor.Lanes.Lane;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Parts;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.tensor.WeightFormat;

/**
 * {@link GroupedQueryAttention} in steps: queries, keys and values are one product, whose heads are
 * shared out among the lanes; attention itself is shared out by piece and key/value head.
 */
final class LaneAttention implements LaneSubBlock {
  private final AttentionSpec.GroupedQuery spec;
  private final RotaryTable rotary;
  private final RowNorm norm;
  private final LanePart heads;
  private final LanePart output;
  private final Optional<float[]> headBias;
  private final Optional<float[]> outputBias;
  private final Optional<RowNorm> queryNorm;
  private final Optional<RowNorm> keyNorm;
  private final Parts parts;

  LaneAttention(
      GroupedQueryAttention attention,
      RotaryTable rotary,
      double eps,
      int lanes,
      WeightFormat format) {
    this.spec = attention.spec();
    this.rotary = rotary;
    NamedTensors tensors = attention.tensors();
    this.norm = new RowNorm(tensors.get("input_layernorm.weight"), eps);
    this.queryNorm = headNorm(tensors, "self_attn.q_norm.weight", eps);
    this.keyNorm = headNorm(tensors, "self_attn.k_norm.weight", eps);
    this.outputBias =
        spec.has(AttentionTrait.OUTPUT_BIAS)
            ? Optional.of(Tensors.floats(tensors.get("self_attn.o_proj.bias")))
            : Optional.empty();
    try (Parts made = new Parts();
        NativeScope scope = NativeScope.open()) {
      Tensor weights = joined(tensors, "weight");
      this.heads = made.add(LanePart.of(weights, spec.headDim(), lanes, format), LanePart::close);
      this.headBias =
          spec.has(AttentionTrait.INPUT_BIASES)
              ? Optional.of(Tensors.floats(joined(tensors, "bias")))
              : Optional.empty();
      this.output =
          made.add(
              LanePart.of(tensors.get("self_attn.o_proj.weight"), 16, lanes, format),
              LanePart::close);
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

  private Optional<RowNorm> headNorm(NamedTensors tensors, String name, double eps) {
    return spec.has(AttentionTrait.HEAD_NORMS)
        ? Optional.of(new RowNorm(tensors.get(name), eps))
        : Optional.empty();
  }

  @Override
  public void run(Step step, int layer, Lane lane) {
    StepSpace space = step.space();
    int rows = step.rows().rows();
    space.normalise(norm, rows, lane);
    lane.await();
    heads.multiply(space.of(lane), space.normalised(), rows);
    place(step, step.memory().layer(layer), lane);
    if (lane.index() == 0) {
      space.handOut();
    }
    lane.await();
    attend(step, step.memory().layer(layer), lane);
    lane.await();
    output.multiply(space.of(lane), space.inner(), rows);
    space.add(lane, rows, output);
    outputBias.ifPresent(
        bias -> space.addBias(bias, rows, output.start(lane.index()), output.share(lane.index())));
    lane.await();
  }

  /** Turns the lane's heads and puts them where attention finds them. */
  private void place(Step step, LaneMemory.Layer memory, Lane lane) {
    int share = heads.share(lane.index());
    int stride = heads.stride(lane.index());
    int firstHead = heads.start(lane.index()) / spec.headDim();
    FloatArea products = step.space().of(lane).products();
    float[] row = step.space().of(lane).row(share);
    for (int r = 0; r < step.rows().rows(); r++) {
      products.read((long) r * stride, row, 0, share);
      headBias.ifPresent(bias -> add(bias, heads.start(lane.index()), row, share));
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
      Step step, LaneMemory.Layer memory, float[] values, int offset, int head, int row) {
    int headDim = spec.headDim();
    int keys = spec.queryHeads();
    int firstValue = keys + spec.kvHeads();
    long token = step.rows().slot(row) * memory.stride();
    if (head < firstValue) {
      Optional<RowNorm> headNorm = head < keys ? queryNorm : keyNorm;
      headNorm.ifPresent(own -> own.apply(values, offset, values, offset));
      rotary.turn(values, offset, step.rows().position(row));
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

  private void attend(Step step, LaneMemory.Layer memory, Lane lane) {
    ImmutableList<StepRows.Piece> pieces = step.rows().pieces();
    int items = pieces.size() * spec.kvHeads();
    PagedAttention attention =
        new PagedAttention(spec, memory, step.space().queries(), step.space().inner());
    for (int item = step.space().takeItem(); item < items; item = step.space().takeItem()) {
      attention.attend(
          pieces.get(item / spec.kvHeads()), item % spec.kvHeads(), step.space().of(lane));
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
