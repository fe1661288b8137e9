package org.nemotron.core.nn;

import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.Tensors;

/**
 * The same model once more: one sequence, loops over plain arrays, float64. Written from the
 * formulas and not from the model's code.
 */
final class SlowLlama {
  private final HeterogeneousModel model;
  private final ModelSpec spec;

  SlowLlama(HeterogeneousModel model) {
    this.model = model;
    this.spec = model.spec();
  }

  /** Returns the logits of every position. */
  double[][] logits(long[] ids) {
    double[][] embedding = matrix("model.embed_tokens.weight");
    double[][] hidden = new double[ids.length][];
    for (int t = 0; t < ids.length; t++) {
      hidden[t] = embedding[(int) ids[t]].clone();
    }
    for (int layer = 0; layer < spec.layers(); layer++) {
      hidden = ffn(layer, attention(layer, hidden));
    }
    double[][] head = spec.tiedEmbeddings() ? embedding : matrix("lm_head.weight");
    return times(normalized(hidden, "model.norm.weight"), head);
  }

  /** Returns the stream after the attention of {@code layer}. */
  double[][] attention(int layer, double[][] hidden) {
    AttentionSpec attention = spec.block(layer).attention();
    String prefix = ModelSpec.layerPrefix(layer);
    if (attention instanceof AttentionSpec.NoOp) {
      return hidden;
    }
    double[][] input = normalized(hidden, prefix + "input_layernorm.weight");
    if (attention instanceof AttentionSpec.Linear) {
      return plus(hidden, times(input, matrix(prefix + "self_attn.linear_attn.weight")));
    }
    int kvHeads = ((AttentionSpec.GroupedQuery) attention).kvHeads();
    double[][] queries = times(input, matrix(prefix + "self_attn.q_proj.weight"));
    double[][] keys = times(input, matrix(prefix + "self_attn.k_proj.weight"));
    double[][] values = times(input, matrix(prefix + "self_attn.v_proj.weight"));
    int size = spec.headDim();
    double[][] read = new double[hidden.length][spec.queryHeads() * size];
    for (int query = 0; query < spec.queryHeads(); query++) {
      int kv = query / (spec.queryHeads() / kvHeads);
      for (int t = 0; t < hidden.length; t++) {
        double[] rotated = rotated(queries[t], query, t);
        double[] weights = new double[t + 1];
        double sum = 0;
        for (int s = 0; s <= t; s++) {
          weights[s] = Math.exp(dot(rotated, rotated(keys[s], kv, s)) / Math.sqrt(size));
          sum += weights[s];
        }
        for (int s = 0; s <= t; s++) {
          for (int i = 0; i < size; i++) {
            read[t][query * size + i] += weights[s] / sum * values[s][kv * size + i];
          }
        }
      }
    }
    return plus(hidden, times(read, matrix(prefix + "self_attn.o_proj.weight")));
  }

  /** Returns the stream after the network of {@code layer}. */
  double[][] ffn(int layer, double[][] hidden) {
    FfnSpec ffn = spec.block(layer).ffn();
    String prefix = ModelSpec.layerPrefix(layer);
    if (ffn instanceof FfnSpec.NoOp) {
      return hidden;
    }
    double[][] input = normalized(hidden, prefix + "post_attention_layernorm.weight");
    if (ffn instanceof FfnSpec.Linear) {
      return plus(hidden, times(input, matrix(prefix + "mlp.linear_mlp.weight")));
    }
    double[][] gate = times(input, matrix(prefix + "mlp.gate_proj.weight"));
    double[][] up = times(input, matrix(prefix + "mlp.up_proj.weight"));
    for (int t = 0; t < hidden.length; t++) {
      for (int i = 0; i < up[t].length; i++) {
        up[t][i] *= gate[t][i] / (1 + Math.exp(-gate[t][i]));
      }
    }
    return plus(hidden, times(up, matrix(prefix + "mlp.down_proj.weight")));
  }

  /** Pairs (i, i + H/2) of one head turned by the angle of position {@code t}. */
  private double[] rotated(double[] heads, int head, int t) {
    int half = spec.headDim() / 2;
    double[] result = new double[2 * half];
    for (int i = 0; i < half; i++) {
      double angle = t * spec.rope().inverseFrequencies(spec.headDim()).get(i);
      double first = heads[head * 2 * half + i];
      double second = heads[head * 2 * half + half + i];
      result[i] = first * Math.cos(angle) - second * Math.sin(angle);
      result[half + i] = first * Math.sin(angle) + second * Math.cos(angle);
    }
    return result;
  }

  private double[][] normalized(double[][] hidden, String weight) {
    float[] scale = Tensors.floats(tensor(weight));
    double[][] result = new double[hidden.length][scale.length];
    for (int t = 0; t < hidden.length; t++) {
      double root = Math.sqrt(dot(hidden[t], hidden[t]) / scale.length + spec.rmsNormEps());
      for (int i = 0; i < scale.length; i++) {
        result[t][i] = hidden[t][i] / root * scale[i];
      }
    }
    return result;
  }

  private double[][] matrix(String name) {
    Tensor tensor = tensor(name);
    float[] values = Tensors.floats(tensor);
    int columns = (int) tensor.size(1);
    double[][] rows = new double[(int) tensor.size(0)][columns];
    for (int index = 0; index < values.length; index++) {
      rows[index / columns][index % columns] = values[index];
    }
    return rows;
  }

  private Tensor tensor(String name) {
    Tensor tensor = model.tensors().get(name);
    if (tensor == null) {
      throw new AssertionError(name + " is missing");
    }
    return tensor;
  }

  /** Returns {@code inputs} times the transpose of {@code weight}. */
  private static double[][] times(double[][] inputs, double[][] weight) {
    double[][] result = new double[inputs.length][weight.length];
    for (int t = 0; t < inputs.length; t++) {
      for (int out = 0; out < weight.length; out++) {
        result[t][out] = dot(inputs[t], weight[out]);
      }
    }
    return result;
  }

  private static double[][] plus(double[][] left, double[][] right) {
    double[][] sum = new double[left.length][];
    for (int t = 0; t < left.length; t++) {
      sum[t] = left[t].clone();
      for (int i = 0; i < sum[t].length; i++) {
        sum[t][i] += right[t][i];
      }
    }
    return sum;
  }

  private static double dot(double[] left, double[] right) {
    double sum = 0;
    for (int i = 0; i < left.length; i++) {
      sum += left[i] * right[i];
    }
    return sum;
  }
}
