package org.nemotron.nas.pipeline;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.nemotron.core.data.ConversationRenderer;
import org.nemotron.core.data.StoreSettings;
import org.nemotron.core.data.TokenStore;
import org.nemotron.core.data.TokenStoreWriter;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.Tokenizer;

/** The plan's documents, tokenized. */
final class TokensStage implements Stage<TokenStore> {
  static final String NAME = "tokens";

  private final CompressionPlan plan;
  private final Path directory;
  private final TokenStoreWriter writer;
  private final StageInputs dependencies;

  /**
   * Makes the stage.
   *
   * @param directory of the store
   * @throws IOException if a file is missing, or a chat template that is needed
   */
  TokensStage(
      CompressionPlan plan,
      Path directory,
      Tokenizer tokenizer,
      ModelSpec parent,
      Optional<ConversationRenderer> renderer)
      throws IOException {
    this.plan = plan;
    this.directory = directory;
    this.writer =
        writer(
            plan.inputs().documents().store(plan.data().trainingTokens()),
            tokenizer,
            parent,
            renderer);
    this.dependencies = StageDependencies.tokens(plan, parent, writer.files(), renderer);
  }

  static TokenStoreWriter writer(
      StoreSettings settings,
      Tokenizer tokenizer,
      ModelSpec parent,
      Optional<ConversationRenderer> renderer)
      throws IOException {
    return TokenStoreWriter.of(
        settings, tokenizer, parent, renderer.map(ImmutableList::of).orElse(ImmutableList.of()));
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Workers workers() {
    return Workers.FIRST_FOR_ALL;
  }

  @Override
  public StageInputs dependencies() {
    return dependencies;
  }

  @Override
  public long steps() {
    return plan.data().trainingTokens();
  }

  @Override
  public ImmutableList<Path> work(LongConsumer progress) throws IOException {
    writer.write(directory, dependencies.fingerprint(), progress);
    try (TokenStore store = read()) {
      return store.files();
    }
  }

  @Override
  public TokenStore read() throws IOException {
    return TokenStore.open(directory);
  }
}
