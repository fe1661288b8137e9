package org.nemotron.core.checkpoint.gguf;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableDoubleArray;
import com.google.common.primitives.ImmutableLongArray;
import java.util.function.ToLongFunction;
import org.nemotron.core.checkpoint.format.GgufType;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;

/** The keys of a GGUF file that describe a model's shape. */
public final class GgufHyperparameters {
  private static final int QUANTIZATION_VERSION = 2;

  private GgufHyperparameters() {}

  /** Returns the keys of {@code spec}, whose layers llama.cpp has. */
  public static ImmutableMap<String, GgufValue> of(
      ModelSpec spec, GgufArchitecture architecture, GgufType type) {
    ImmutableMap.Builder<String, GgufValue> values = ImmutableMap.builder();
    values.put("general.architecture", GgufValue.of(architecture.id()));
    values.put("general.file_type", GgufValue.of(type.fileCode()));
    values.put("general.quantization_version", GgufValue.of(QUANTIZATION_VERSION));
    values.put("general.alignment", GgufValue.of(GgufWriter.ALIGNMENT));
    values.put(architecture.key("block_count"), GgufValue.of(spec.layers()));
    values.put(architecture.key("context_length"), GgufValue.of(spec.maxPositions()));
    values.put(architecture.key("embedding_length"), GgufValue.of(spec.width()));
    values.put(architecture.key("vocab_size"), GgufValue.of(spec.vocabularySize()));
    values.put(
        architecture.key("attention.layer_norm_rms_epsilon"), GgufValue.of(spec.rmsNormEps()));
    values.put(
        architecture.key("attention.head_count"),
        perLayer(spec, block -> block.attention().accept(new QueryHeads(spec.queryHeads()))));
    values.put(
        architecture.key("attention.head_count_kv"),
        perLayer(spec, block -> block.attention().accept(new KvHeads())));
    values.put(
        architecture.key("feed_forward_length"),
        perLayer(spec, block -> block.ffn().accept(new FeedForwardLength())));
    values.put(architecture.key("attention.key_length"), GgufValue.of(spec.headDim()));
    values.put(architecture.key("attention.value_length"), GgufValue.of(spec.headDim()));
    putRope(values, spec, architecture);
    return values.buildOrThrow();
  }

  private static void putRope(
      ImmutableMap.Builder<String, GgufValue> values,
      ModelSpec spec,
      GgufArchitecture architecture) {
    values.put(architecture.key("rope.dimension_count"), GgufValue.of(spec.headDim()));
    values.put(architecture.key("rope.freq_base"), GgufValue.of(spec.rope().theta()));
    values.putAll(spec.rope().accept(new RopeScaling(architecture)));
  }

  /** The keys of scaled rotary frequencies, beside the factors of {@link #ropeFactors}. */
  private record RopeScaling(GgufArchitecture architecture)
      implements RopeSpec.Visitor<ImmutableMap<String, GgufValue>> {
    @Override
    public ImmutableMap<String, GgufValue> visit(RopeSpec.Plain rope) {
      return ImmutableMap.of();
    }

    @Override
    public ImmutableMap<String, GgufValue> visit(RopeSpec.PositionInterpolation rope) {
      return ImmutableMap.of(
          architecture.key("rope.scaling.type"), GgufValue.of("linear"),
          architecture.key("rope.scaling.factor"), GgufValue.of(rope.factor()));
    }

    @Override
    public ImmutableMap<String, GgufValue> visit(RopeSpec.Llama3 rope) {
      return ImmutableMap.of(
          architecture.key(GgufRope.ORIGINAL_CONTEXT), GgufValue.of(rope.originalMaxPositions()));
    }
  }

  /** Returns one number where all layers agree, else a list, which must be of signed numbers. */
  private static GgufValue perLayer(ModelSpec spec, ToLongFunction<BlockSpec> number) {
    ImmutableLongArray numbers =
        ImmutableLongArray.copyOf(spec.blocks().stream().mapToLong(number));
    return ImmutableSet.copyOf(numbers.asList()).size() == 1
        ? GgufValue.of(numbers.get(0))
        : new GgufValue.Wholes(GgufValue.WholeType.INT32, numbers);
  }

  /** A linear attention is one with query heads and none for keys. */
  private record QueryHeads(int queryHeads) implements AttentionSpec.Visitor<Long> {
    @Override
    public Long visit(AttentionSpec.GroupedQuery attention) {
      return (long) queryHeads;
    }

    @Override
    public Long visit(AttentionSpec.Linear attention) {
      return (long) queryHeads;
    }

    @Override
    public Long visit(AttentionSpec.NoOp attention) {
      return 0L;
    }
  }

  private record KvHeads() implements AttentionSpec.Visitor<Long> {
    @Override
    public Long visit(AttentionSpec.GroupedQuery attention) {
      return (long) attention.kvHeads();
    }

    @Override
    public Long visit(AttentionSpec.Linear attention) {
      return 0L;
    }

    @Override
    public Long visit(AttentionSpec.NoOp attention) {
      return 0L;
    }
  }

  private static final class FeedForwardLength implements FfnSpec.Visitor<Long> {
    @Override
    public Long visit(FfnSpec.Gated ffn) {
      return (long) ffn.channels();
    }

    @Override
    public Long visit(FfnSpec.Linear ffn) {
      return 0L;
    }

    @Override
    public Long visit(FfnSpec.NoOp ffn) {
      return 0L;
    }
  }

  /** Returns what rotary frequencies are divided by, or nothing where they are not scaled so. */
  static ImmutableList<Double> ropeFactors(ModelSpec spec) {
    return spec.rope().accept(new RopeFactors(spec.headDim()));
  }

  private record RopeFactors(int headDim) implements RopeSpec.Visitor<ImmutableList<Double>> {
    @Override
    public ImmutableList<Double> visit(RopeSpec.Plain rope) {
      return ImmutableList.of();
    }

    @Override
    public ImmutableList<Double> visit(RopeSpec.PositionInterpolation rope) {
      return ImmutableList.of();
    }

    @Override
    public ImmutableList<Double> visit(RopeSpec.Llama3 rope) {
      ImmutableDoubleArray plain = new RopeSpec.Plain(rope.theta()).inverseFrequencies(headDim);
      ImmutableDoubleArray scaled = rope.inverseFrequencies(headDim);
      ImmutableList.Builder<Double> factors = ImmutableList.builder();
      for (int pair = 0; pair < headDim / 2; pair++) {
        factors.add(plain.get(pair) / scaled.get(pair));
      }
      return factors.build();
    }
  }
}
