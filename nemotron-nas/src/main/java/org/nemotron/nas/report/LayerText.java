package org.nemotron.nas.report;

import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.FfnSpec;

/** Layers and what stands in them, in words. */
public final class LayerText {
  private LayerText() {}

  /** Returns for example "layer 3", or "layers 3–4" for a block that covers two. */
  public static String range(int first, int covers) {
    return covers == 1 ? "layer " + first : "layers " + first + "–" + (first + covers - 1);
  }

  /** Returns for example "2 KV heads". */
  public static String attention(AttentionSpec spec) {
    return spec.accept(
        new AttentionSpec.Visitor<String>() {
          @Override
          public String visit(AttentionSpec.GroupedQuery attention) {
            return attention.kvHeads() + (attention.kvHeads() == 1 ? " KV head" : " KV heads");
          }

          @Override
          public String visit(AttentionSpec.Linear attention) {
            return "linear";
          }

          @Override
          public String visit(AttentionSpec.NoOp attention) {
            return "none";
          }
        });
  }

  /** Returns for example "352 channels". */
  public static String ffn(FfnSpec spec) {
    return spec.accept(
        new FfnSpec.Visitor<String>() {
          @Override
          public String visit(FfnSpec.Gated ffn) {
            return ffn.channels() + (ffn.channels() == 1 ? " channel" : " channels");
          }

          @Override
          public String visit(FfnSpec.Linear ffn) {
            return "linear";
          }

          @Override
          public String visit(FfnSpec.NoOp ffn) {
            return "none";
          }
        });
  }

  /** Returns the key/value heads, 0 where there are none. */
  public static int kvHeads(AttentionSpec spec) {
    return spec.accept(
        new AttentionSpec.Visitor<Integer>() {
          @Override
          public Integer visit(AttentionSpec.GroupedQuery attention) {
            return attention.kvHeads();
          }

          @Override
          public Integer visit(AttentionSpec.Linear attention) {
            return 0;
          }

          @Override
          public Integer visit(AttentionSpec.NoOp attention) {
            return 0;
          }
        });
  }

  /** Returns the intermediate channels, 0 where there are none. */
  public static int channels(FfnSpec spec) {
    return spec.accept(
        new FfnSpec.Visitor<Integer>() {
          @Override
          public Integer visit(FfnSpec.Gated ffn) {
            return ffn.channels();
          }

          @Override
          public Integer visit(FfnSpec.Linear ffn) {
            return 0;
          }

          @Override
          public Integer visit(FfnSpec.NoOp ffn) {
            return 0;
          }
        });
  }
}
