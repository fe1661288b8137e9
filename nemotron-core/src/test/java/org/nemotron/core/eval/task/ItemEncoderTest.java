package org.nemotron.core.eval.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.io.JsonFiles;
import org.nemotron.core.text.Tokenizer;

/** Token ids against those of lm-evaluation-harness 0.4.13 with the tokenizer of tale-7m. */
final class ItemEncoderTest {
  private static final Path FOLDER = Path.of("src/test/resources/eval");
  private static final int MAX_LENGTH = 1024;

  private static Tokenizer tokenizer;

  @BeforeAll
  static void open() throws IOException {
    tokenizer = Tokenizer.open(Path.of("../examples/models/tale-7m"));
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void encode_everyPromptOfTheHarness_hasItsTokens() throws IOException {
    for (Map.Entry<String, JsonNode> expected :
        JsonFiles.read(FOLDER.resolve("token-ids.json")).properties()) {
      assertThat(digest(expected.getKey()))
          .as(expected.getKey())
          .isEqualTo(expected.getValue().asText());
    }
  }

  private static String digest(String file) throws IOException {
    int cut = file.lastIndexOf('-');
    BenchmarkTask task =
        Tasks.find(file.substring(0, cut))
            .orElseThrow()
            .withShots(Integer.parseInt(file.substring(cut + 1)));
    ItemEncoder encoder = new ItemEncoder(tokenizer, MAX_LENGTH, BosPolicy.TOKENIZER);
    Hasher hasher = Hashing.sha256().newHasher();
    for (TaskItem item : task.items(DataDirectory.open(FOLDER.resolve("original")))) {
      EncodedItem encoded = encoder.encode(item);
      encoded
          .likelihoods()
          .forEach(
              request ->
                  hasher.putString(
                      words(request.context()) + "|" + words(request.continuation()) + "\n",
                      StandardCharsets.UTF_8));
      encoded
          .generations()
          .forEach(
              request -> hasher.putString(words(request.prompt()) + "\n", StandardCharsets.UTF_8));
    }
    return hasher.hash().toString();
  }

  private static String words(ImmutableIntArray ids) {
    return ids.stream().mapToObj(String::valueOf).collect(Collectors.joining(" "));
  }

  @Test
  void encode_spaceBehindContext_belongsToTheContinuation() {
    assertThat(request("a \n", " b")).isEqualTo(request(ids(67), ids(223, 201, 270)));
  }

  @Test
  void encode_emptyContext_isThePrefixToken() {
    assertThat(request("", "</s> x")).isEqualTo(request(ids(0), ids(1, 223, 90)));
  }

  @Test
  void encode_continuationThatBeginsWithThePrefixToken_hasItOnce() {
    assertThat(request("", "<s> hi")).isEqualTo(request(ids(0), ids(269, 75)));
  }

  @Test
  void encode_context_keepsItsOwnTokens() {
    EncodedItem item = encode(MAX_LENGTH, "Hi there", "you");
    assertThat(item.likelihoods().get(0)).isEqualTo(request(ids(2587, 429), ids(1854)));
    assertThat(item.retokenized()).isZero();
  }

  @Test
  void encode_moreThanTheModelReads_losesItsBegin() {
    EncodedItem whole = encode(MAX_LENGTH, "The cat and the cat", " sat");
    EncodedItem cut = encode(3, "The cat and the cat", " sat");
    ImmutableIntArray context = whole.likelihoods().get(0).context();
    assertThat(cut.likelihoods().get(0).context())
        .isEqualTo(context.subArray(context.length() - 3, context.length()));
    assertThat(whole.truncated()).isZero();
    assertThat(cut.truncated()).isEqualTo(1);
  }

  @Test
  void encode_continuationLongerThanTheModelReads_isRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encode(2, "a", " b c d"))
        .withMessage("item 0: its continuation has 3 tokens; the model reads at most 2");
  }

  @Test
  void encode_bosAlways_beginsWithIt() {
    ItemEncoder encoder = new ItemEncoder(tokenizer, MAX_LENGTH, BosPolicy.ALWAYS);
    assertThat(encoder.encode(item("The cat", " sat")).likelihoods().get(0))
        .isEqualTo(request(ids(0, 478, 711), ids(911)));
  }

  /** Windows of four tokens, as the harness divides nine and ten. */
  @Test
  void encode_document_scoresEachTokenOnce() {
    ItemEncoder encoder = new ItemEncoder(tokenizer, 4, BosPolicy.TOKENIZER);
    String text = "The cat sat on the mat and the dog";
    ImmutableIntArray all = tokenizer.encode(text);
    TaskItem item = new TaskItem(0, new Question.Document(text, 9, text.length()));
    ImmutableList<LikelihoodRequest> windows = encoder.encode(item).likelihoods();
    assertThat(all.length()).isBetween(9, 12);
    assertThat(windows.get(0)).isEqualTo(request(ids(0), all.subArray(0, 4)));
    assertThat(windows.get(1)).isEqualTo(request(all.subArray(3, 4), all.subArray(4, 8)));
    assertThat(windows.get(2))
        .isEqualTo(request(all.subArray(all.length() - 5, 8), all.subArray(8, all.length())));
    assertThat(windows).hasSize(3);
  }

  @Test
  void promptFacts_ofItems_countThem() {
    EncodedItem empty = encode(MAX_LENGTH, "", " sat");
    EncodedItem other = encode(MAX_LENGTH, "The cat", " sat");
    PromptFacts facts =
        PromptFacts.of(encoder(BosPolicy.TOKENIZER), ImmutableList.of(other, empty));
    assertThat(facts)
        .isEqualTo(
            new PromptFacts(
                BosPolicy.TOKENIZER, ids(478, 711, 911), 2, 5, 0, 1, 0, ImmutableList.of()));
  }

  private static ItemEncoder encoder(BosPolicy bos) {
    return new ItemEncoder(tokenizer, MAX_LENGTH, bos);
  }

  private static LikelihoodRequest request(String context, String continuation) {
    return encode(MAX_LENGTH, context, continuation).likelihoods().get(0);
  }

  private static EncodedItem encode(int maxLength, String context, String continuation) {
    return new ItemEncoder(tokenizer, maxLength, BosPolicy.TOKENIZER)
        .encode(item(context, continuation));
  }

  private static TaskItem item(String context, String continuation) {
    return new TaskItem(
        0,
        new Question.Choices(
            ImmutableList.of(new TextPair(context, continuation)),
            ImmutableList.of(continuation),
            ids(0),
            ImmutableList.of()));
  }

  private static LikelihoodRequest request(
      ImmutableIntArray context, ImmutableIntArray continuation) {
    return new LikelihoodRequest(context, continuation);
  }

  private static ImmutableIntArray ids(int... ids) {
    return ImmutableIntArray.copyOf(ids);
  }
}
