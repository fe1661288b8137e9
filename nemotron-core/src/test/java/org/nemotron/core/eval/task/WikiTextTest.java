package org.nemotron.core.eval.task;

import static com.google.common.collect.Iterables.getOnlyElement;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.common.collect.ImmutableList;
import com.google.common.io.Resources;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.nemotron.core.eval.data.DataDirectory;
import org.nemotron.core.eval.data.RecordLayout;

/** Invented pages, with what lm-evaluation-harness 0.4.13 makes of them. */
final class WikiTextTest {
  @Test
  void items_pages_areTheHarnesssTextsWithTheWordsAndBytesOfThePages()
      throws IOException, URISyntaxException {
    DataDirectory data = DataDirectory.open(Path.of(Resources.getResource("eval").toURI()));
    BenchmarkTask task = getOnlyElement(Tasks.select("wikitext"));
    ImmutableList<TaskItem> items = task.items(data);
    ImmutableList<JsonNode> pages = data.records("wikitext/test.jsonl", RecordLayout.NAMED);
    assertThat(items).hasSameSizeAs(pages).isNotEmpty();
    for (int page = 0; page < pages.size(); page++) {
      JsonNode harness = pages.get(page);
      assertThat(items.get(page).question())
          .isEqualTo(
              new Question.Document(
                  harness.path("plain").asText(),
                  harness.path("words").asLong(),
                  harness.path("bytes").asLong()));
    }
  }
}
