package org.nemotron.core.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.checkpoint.ModelCard.Figure;
import org.nemotron.core.provenance.Provenance;
import org.nemotron.core.spec.AttentionSpec;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.FfnSpec;
import org.nemotron.core.spec.ModelSpec;

final class ModelCardTest {
  private static ModelSpec spec() {
    BlockSpec block = Checkpoints.llama(false).block(0);
    return Checkpoints.llama(false)
        .withBlocks(
            ImmutableList.of(
                block,
                block,
                new BlockSpec(new AttentionSpec.NoOp(), new FfnSpec.Gated(1500)),
                new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.Linear()),
                new BlockSpec(block.attention(), new FfnSpec.NoOp())));
  }

  private static ModelCard card(ImmutableMap<String, String> terms) {
    return new ModelCard(
        "small|one",
        "tale",
        terms,
        spec(),
        ImmutableList.of("at least 1.5 times the parent's throughput"),
        ImmutableList.of(new Figure("tokens/s", "1,475", "2,540")),
        ImmutableMap.of("machine", "2 cores"));
  }

  @Test
  void toMarkdown_measuredChild_tellsAllOfIt() {
    assertThat(card(ImmutableMap.of()).toMarkdown())
        .isEqualTo(
            """
            ---
            base_model: tale
            pipeline_tag: text-generation
            tags: [nemotron, puzzle, neural-architecture-search]
            ---

            # small\\|one

            A language model of 37,528 parameters in 5 layers, made of **tale**, whose tokenizer it has.
            Its layers were chosen one by one with Puzzle ([arXiv:2411.19146](https://arxiv.org/abs/2411.19146)), or are the parent's.
            The parent's license applies.

            ## Budget

            - at least 1.5 times the parent's throughput

            ## Measured

            |  | tale | small\\|one |
            | --- | --: | --: |
            | tokens/s | 1,475 | 2,540 |

            ## Architecture

            Width 8, 2 query heads of 4, vocabulary of 11, separate head, context of 32 tokens.
            In half precision the KV cache takes 48 bytes per token, 1,536 in the whole context.

            | layers | attention | FFN | parameters per layer |
            | --- | --- | --- | --: |
            | 0–1 | 1 KV head | 12 channels | 496 |
            | 2 | none | 1,500 channels | 36,008 |
            | 3 | linear | linear | 144 |
            | 4 | 1 KV head | none | 200 |

            ## Engines

            | engine | loads it |
            | --- | --- |
            | vLLM | no: layer 3: a linear attention is not known; layer 3: a linear FFN is not known |
            | SGLang | no: layer 3: a linear attention is not known; layer 3: a linear FFN is not known |
            | TensorRT-LLM | yes |
            | llama.cpp | yes |
            | mlx-lm | no: layer 3: a linear attention is not known; layer 3: a linear FFN is not known |
            | transformers | yes |

            ## Provenance

            - machine: 2 cores
            """);
  }

  @Test
  void of_parentWithACard_takesItsTermsAndNothingElse(@TempDir Path directory) throws IOException {
    Path parent = Files.createDirectory(directory.resolve("my parent"));
    Files.writeString(
        parent.resolve("README.md"),
        """
        ---
        library_name: transformers
        license: other
        license_name: llama3.1
        license_link: https://example.org/license
        language: >-
          en
        ---
        license: not this
        """);
    ModelCard card = ModelCard.of(directory.resolve("child"), parent, spec());
    assertThat(card.parentTerms())
        .isEqualTo(
            ImmutableMap.of(
                "license", "other",
                "license_name", "llama3.1",
                "license_link", "https://example.org/license"));
    assertThat(card.provenance())
        .isEqualTo(ImmutableMap.of("library", "org.nemotron " + Provenance.LIBRARY_VERSION));
    assertThat(card.toMarkdown())
        .startsWith("---\nlicense: other\nlicense_name: llama3.1\n")
        .contains("\nbase_model: \"my parent\"\n")
        .contains("# child\n")
        .doesNotContain("The parent's license applies");
  }

  @Test
  void of_parentsCardThatIsNoCard_hasNoTerms(@TempDir Path directory) throws IOException {
    Files.write(directory.resolve("README.md"), new byte[] {(byte) 0xff, '\n', '-'});
    assertThat(ModelCard.of(directory, directory, spec()).parentTerms()).isEmpty();
    Files.writeString(directory.resolve("README.md"), "license: mit\n---\n");
    assertThat(ModelCard.of(directory, directory, spec()).parentTerms()).isEmpty();
  }

  @Test
  void toMarkdown_manyObstacles_namesTheFirst() {
    BlockSpec linear = new BlockSpec(new AttentionSpec.Linear(), new FfnSpec.NoOp());
    ModelSpec spec =
        spec()
            .withBlocks(ImmutableList.of(spec().block(0), linear, linear, linear, linear, linear));
    ModelCard card =
        new ModelCard(
            "child",
            "tale",
            ImmutableMap.of(),
            spec,
            ImmutableList.of(),
            ImmutableList.of(),
            ImmutableMap.of());
    assertThat(card.toMarkdown())
        .contains(
            "| vLLM | no: layer 1: a linear attention is not known; layer 2: a linear attention is"
                + " not known; layer 3: a linear attention is not known; and 2 more |");
  }

  @Test
  void modelCard_noName_isRefused() {
    assertThatThrownBy(
            () ->
                new ModelCard(
                    " ",
                    "tale",
                    ImmutableMap.of(),
                    spec(),
                    ImmutableList.of(),
                    ImmutableList.of(),
                    ImmutableMap.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name (\" \") must not be blank");
  }
}
