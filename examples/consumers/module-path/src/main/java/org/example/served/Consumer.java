package org.example.served;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.nas.search.Alternative;
import org.nemotron.nas.search.Budget;
import org.nemotron.nas.search.PuzzleSearch;
import org.nemotron.nas.search.SearchProblem;
import org.nemotron.runtime.chat.ChatMessage;
import org.nemotron.runtime.chat.ChatTemplate;
import org.nemotron.runtime.engine.GenerationRequest;
import org.nemotron.runtime.engine.TextGenerator;

/** Lets a model (MODEL) speak, renders a conversation and solves a small search, as modules. */
public final class Consumer {
  private static final String TEMPLATE =
      "{% for message in messages %}[{{ message.role }}] {{ message.content }}{% endfor %}";

  private Consumer() {}

  public static void main(String[] arguments) throws IOException {
    for (Class<?> type : new Class<?>[] {Consumer.class, TextGenerator.class, PuzzleSearch.class}) {
      System.out.println(type.getSimpleName() + " is in " + type.getModule());
    }
    SearchProblem problem =
        SearchProblem.builder()
            .layer(
                ImmutableList.of(
                    Alternative.of("wide", 0.0, ImmutableMap.of("bytes", 8.0)),
                    Alternative.of("narrow", 0.5, ImmutableMap.of("bytes", 4.0))))
            .budget(Budget.atMost("bytes", 5.0))
            .build();
    System.out.println(PuzzleSearch.create().solve(problem).orElseThrow().choices());
    ChatTemplate template = ChatTemplate.of(TEMPLATE, ImmutableMap.of());
    System.out.println(template.render(ImmutableList.of(ChatMessage.user("hello")), false));
    try (TextGenerator generator = TextGenerator.open(Path.of(arguments[0]))) {
      System.out.println(
          generator
              .generate(GenerationRequest.continuing("Once upon a time").maxNewTokens(8).build())
              .text());
    }
  }
}
