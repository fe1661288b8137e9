package org.nemotron.nas.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import org.junit.jupiter.api.Test;
import org.nemotron.core.provenance.Fingerprint;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.nas.SmallParent;
import org.nemotron.nas.library.Architecture;
import org.nemotron.nas.library.Candidate;

/** Texts that fingerprints are made of: where one changes, stages of stored runs are done again. */
final class CanonicalJsonTest {
  @Test
  void text_keysInAnyOrder_isTheSame() throws JsonProcessingException {
    assertThat(
            CanonicalJson.text(
                PlanFiles.JSON.readTree("{\"b\": [{\"d\": 1.50, \"c\": null}], \"a\": 2}")))
        .isEqualTo("{\"a\":2,\"b\":[{\"c\":null,\"d\":1.5}]}");
  }

  @Test
  void of_architecture_namesNoClass() {
    Architecture one =
        Architecture.ofOne(
            SmallParent.spec(ImmutableList.of(SmallParent.BLOCK)),
            new Candidate.Ffn(0, new FfnSpec.NoOp()));
    assertThat(CanonicalJson.text(CanonicalJson.of(one)))
        .isEqualTo(
            "[{\"attention\":{\"headDim\":10,\"kind\":\"groupedQuery\",\"kvHeads\":2,"
                + "\"queryHeads\":4},\"ffn\":{\"kind\":\"noOp\"},\"layer\":0,\"layers\":1,"
                + "\"origin\":\"decoupled\"}]");
  }

  @Test
  void of_pairs_namesNoClass() {
    BlockSpec linear = new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Gated(24));
    assertThat(
            CanonicalJson.text(CanonicalJson.of(ImmutableSet.of(new Candidate.Block(1, linear)))))
        .isEqualTo(
            "[{\"attention\":{\"kind\":\"linear\"},\"ffn\":{\"channels\":24,"
                + "\"kind\":\"gated\"},\"layer\":1}]");
  }

  @Test
  void of_model_namesNoClassAndHasAllThatIsInItsConfig() {
    assertThat(
            CanonicalJson.text(
                CanonicalJson.of(SmallParent.spec(ImmutableList.of(BlockSpec.NO_OP)))))
        .startsWith(
            "{\"blocks\":[{\"attention\":{\"kind\":\"noOp\"},\"ffn\":{\"kind\":\"noOp\"}}],"
                + "\"headDim\":10,\"maxPositions\":256,\"queryHeads\":4,\"rmsNormEps\":1.0E-5,"
                + "\"ropeFrequencies\":[1.0,")
        .endsWith(
            "],\"specialTokens\":{\"beginOfText\":[],\"endOfText\":[],\"padding\":[]},"
                + "\"tiedEmbeddings\":true,\"vocabularySize\":64,\"width\":32}");
  }

  @Test
  void putSettings_nestedGroup_namesEachKeyAndItsValueAlone() {
    StageInputs inputs =
        StageInputs.builder().putSettings("local", TinyRun.unread().local()).build();
    assertThat(inputs.fingerprints())
        .containsEntry("local.optimizer.beta1", Fingerprint.builder().put("value", "0.9").build())
        .containsEntry("local.steps", Fingerprint.builder().put("value", "30").build());
  }
}
