package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Iterables;
import com.google.common.primitives.Floats;
import java.io.IOException;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.Shapes;
import org.nemotron.core.tensor.Tensors;

/**
 * The tensors of a model as a GGUF file has them: other names, query and key projections reordered
 * where rotary pairs are neighbors, and the replacements of {@link LlamaCppBlocks}.
 *
 * <p>Vectors stay float32. In a quantized file, a matrix whose rows are no whole blocks is stored
 * as F16; embedding and head are stored as Q8_0 at least.
 */
public final class GgufTensors {
  /** Returns tensors by their Hugging Face names. */
  public interface Weights {
    /** Returns a tensor of the shape that the spec gives it, owned by the current scope. */
    Tensor get(String name) throws IOException;
  }

  private final ModelSpec spec;
  private final GgufArchitecture architecture;
  private final GgufType type;
  private final Weights weights;

  private GgufTensors(
      ModelSpec spec, GgufArchitecture architecture, GgufType type, Weights weights) {
    this.spec = spec;
    this.architecture = architecture;
    this.type = type;
    this.weights = weights;
  }

  /** Returns all tensors, in the order in which they are written. */
  public static ImmutableList<GgufTensor> of(
      ModelSpec spec, GgufArchitecture architecture, GgufType type, Weights weights) {
    GgufTensors source = new GgufTensors(spec, architecture, type, weights);
    ImmutableList.Builder<GgufTensor> tensors = ImmutableList.builder();
    tensors.addAll(source.outside());
    for (int layer = 0; layer < spec.layers(); layer++) {
      tensors.addAll(source.attention(layer));
      tensors.addAll(spec.block(layer).ffn().accept(source.new OfFfn(layer)));
    }
    return tensors.build();
  }

  private ImmutableList<GgufTensor> outside() {
    GgufType atLeast = type == GgufType.Q4_0 ? GgufType.Q8_0 : type;
    ImmutableList.Builder<GgufTensor> tensors = ImmutableList.builder();
    spec.nonBlockTensorShapes()
        .forEach(
            (name, shape) ->
                tensors.add(
                    tensor(
                        GgufNames.outside(name),
                        atLeast,
                        shape,
                        GgufRows.of(() -> weights.get(name)))));
    ImmutableList<Double> factors = GgufHyperparameters.ropeFactors(spec);
    if (!factors.isEmpty()) {
      tensors.add(
          tensor(
              GgufNames.ROPE_FACTORS,
              type,
              Shapes.of(factors.size()),
              GgufRows.of(() -> Tensors.of(Floats.toArray(factors), factors.size()))));
    }
    return tensors.build();
  }

  private ImmutableList<GgufTensor> attention(int layer) {
    AttentionSpec attention = spec.block(layer).attention();
    AttentionSpec written = LlamaCppBlocks.attention(layer, attention);
    ImmutableMap<String, ImmutableList<Long>> shapes = written.tensorShapes(spec.width());
    return written.equals(attention) ? stored(layer, shapes) : idle(layer, shapes);
  }

  private final class OfFfn implements FfnSpec.Visitor<ImmutableList<GgufTensor>> {
    private final int layer;
    private final ImmutableList<Long> square = Shapes.of(spec.width(), spec.width());

    OfFfn(int layer) {
      this.layer = layer;
    }

    @Override
    public ImmutableList<GgufTensor> visit(FfnSpec.Gated ffn) {
      return stored(layer, ffn.tensorShapes(spec.width()));
    }

    @Override
    public ImmutableList<GgufTensor> visit(FfnSpec.Linear ffn) {
      // The one of the identity has no exact Q8_0.
      GgufType exact = type.isQuantized() ? GgufType.F16 : type;
      GgufTensor.Rows open = GgufRows.constant(LlamaCppBlocks.OPEN_GATE, spec.width());
      return ImmutableList.<GgufTensor>builder()
          .addAll(stored(layer, ffn.tensorShapes(spec.width())))
          .add(inLayer("ffn_gate.weight", type, square, GgufRows.constant(0, spec.width())))
          .add(inLayer(GgufNames.GATE_BIAS, type, Shapes.of(spec.width()), open))
          .add(inLayer("ffn_down.weight", exact, square, GgufRows.identity(spec.width())))
          .build();
    }

    private GgufTensor inLayer(
        String name, GgufType wanted, ImmutableList<Long> shape, GgufTensor.Rows rows) {
      return tensor(GgufNames.layerPrefix(layer) + name, wanted, shape, rows);
    }

    @Override
    public ImmutableList<GgufTensor> visit(FfnSpec.NoOp ffn) {
      return idle(layer, LlamaCppBlocks.ffn(ffn, spec.width()).tensorShapes(spec.width()));
    }
  }

  /** Returns tensors that the model has, in llama.cpp's order of rows. */
  private ImmutableList<GgufTensor> stored(
      int layer, ImmutableMap<String, ImmutableList<Long>> shapes) {
    ImmutableList.Builder<GgufTensor> tensors = ImmutableList.builder();
    shapes.forEach(
        (name, shape) ->
            tensors.add(
                tensor(
                    GgufNames.inLayer(layer, name),
                    type,
                    shape,
                    rows(ModelSpec.layerPrefix(layer) + name))));
    return tensors.build();
  }

  private GgufTensor.Rows rows(String name) {
    boolean rotated = name.contains(".q_proj.") || name.contains(".k_proj.");
    return rotated && architecture.isInterleaved()
        ? GgufRows.interleaved(() -> weights.get(name), spec.headDim())
        : GgufRows.of(() -> weights.get(name));
  }

  /** Returns tensors that the model does not have: matrices of zeros, norms of ones. */
  private ImmutableList<GgufTensor> idle(
      int layer, ImmutableMap<String, ImmutableList<Long>> shapes) {
    ImmutableList.Builder<GgufTensor> tensors = ImmutableList.builder();
    shapes.forEach(
        (name, shape) ->
            tensors.add(
                tensor(
                    GgufNames.inLayer(layer, name),
                    type,
                    shape,
                    GgufRows.constant(shape.size() == 1 ? 1 : 0, Iterables.getLast(shape)))));
    return tensors.build();
  }

  private static GgufTensor tensor(
      String name, GgufType wanted, ImmutableList<Long> shape, GgufTensor.Rows rows) {
    GgufType fitting = wanted.fits(Iterables.getLast(shape)) ? wanted : GgufType.F16;
    return new GgufTensor(name, shape.size() == 1 ? GgufType.F32 : fitting, shape, rows);
  }
}
