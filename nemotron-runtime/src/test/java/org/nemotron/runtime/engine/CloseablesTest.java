package org.nemotron.runtime.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.nemotron.core.testing.PublicCloseables;

/** Every public closeable of this module: closed twice, used after close, on another thread. */
final class CloseablesTest {
  @Test
  void generator_closedElsewhereAndTwice_refusesAllButNumbers() throws IOException {
    TextGenerator generator = SmallModel.generator(EngineSettings.defaults());
    GenerationRequest request =
        GenerationRequest.continuing(ImmutableIntArray.of(1, 2)).maxNewTokens(2).build();
    CompletableFuture.runAsync(
            () -> {
              assertThat(generator.generate(request).tokens().isEmpty()).isFalse();
              generator.close();
            })
        .join();
    assertThatCode(generator::close).doesNotThrowAnyException();
    assertThat(generator.metrics().served()).isEqualTo(1);
    assertThat(generator.spec()).isEqualTo(SmallModel.spec());
    String closed = "the engine is closed";
    assertThatThrownBy(() -> generator.submit(request)).hasMessage(closed);
    assertThatThrownBy(() -> generator.generate("once")).hasMessage(closed);
    assertThatThrownBy(() -> generator.score("once", " upon")).hasMessage(closed);
    assertThatThrownBy(() -> generator.score(ImmutableIntArray.of(1, 2), 1))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage(closed);
  }

  @Test
  void publicCloseables_ofThisModule_areTestedHere() {
    assertThat(PublicCloseables.in("org.nemotron.runtime"))
        .containsExactlyInAnyOrder(
            TextGenerator.class.getName(),
            "org.nemotron.runtime.server.InferenceServer"); // MannersTest closes it in every way
  }
}
