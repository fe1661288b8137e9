package org.nemotron.runtime.server;

import static com.google.common.base.Preconditions.checkState;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/**
 * Callers of all kinds for minutes on end, as a program: some leave, some send nonsense, some ask
 * for what a seed has answered before. It prints what is held at the end, and last by how much the
 * process has grown.
 */
public final class ServerSoak {
  private static final String TEMPLATE = "{# <tool_call> #}{{ messages[0].content }}";
  private static final List<String> BODIES =
      List.of(
          "{'prompt':'Once','max_tokens':40,'n':3,'stream':true}",
          "{'prompt':['a','b'],'echo':true,'logprobs':2,'stream':true}",
          "{'prompt':'a','max_tokens':30,'guided_regex':'[a-z]{5,20}'}",
          "{'prompt':'a','max_tokens':3,'temperature':-1}",
          "{'prompt':'a','stop':['e','t'],'frequency_penalty':1,'bad_words':['the cat']}",
          "nonsense");
  private static final List<String> CHATS =
      List.of(
          "{'messages':[{'role':'user','content':'A'}],'max_tokens':20,'stream':true}",
          "{'messages':[{'role':'user','content':'A'}],'max_tokens':60,'tool_choice':'required',"
              + "'tools':[{'type':'function','function':{'name':'f','parameters':{'type':'object',"
              + "'properties':{'a':{'type':'boolean'}},'required':['a']}}}]}",
          "{'messages':[]}");

  private final TextGenerator generator;
  private final InferenceServer server;
  private final TestClient client;
  private final Map<Integer, String> seen = new ConcurrentHashMap<>();

  private ServerSoak(TextGenerator generator, InferenceServer server) {
    this.generator = generator;
    this.server = server;
    this.client = new TestClient(server);
  }

  private void round(long seed) {
    new VanishingClients(server.port(), seed).run(50);
    IntStream.range(0, 50).parallel().forEach(i -> call(new SplittableRandom(seed * 50 + i)));
  }

  private void call(SplittableRandom random) {
    boolean chat = random.nextInt(3) == 0;
    List<String> bodies = chat ? CHATS : BODIES;
    TestClient.Answer answer =
        client.post(
            chat ? "/v1/chat/completions" : "/v1/completions",
            bodies.get(random.nextInt(bodies.size())));
    checkState(answer.status() < 500, "%s", answer);
    int number = random.nextInt(8);
    TestClient.Answer seeded =
        client.post(
            "/v1/completions",
            "{'prompt':'Once','max_tokens':20,'logprobs':1,'seed':" + number + "}");
    if (seeded.status() == 200) {
      String choices = seeded.json().path("choices").toString();
      String before = seen.computeIfAbsent(number, key -> choices);
      checkState(before.equals(choices), "seed %s gave %s and %s", number, before, choices);
    }
  }

  private String held() {
    Eventually.becomesTrue(
        "nothing is held",
        () -> generator.metrics().running() == 0 && generator.metrics().cache().usedPages() == 0);
    return generator.metrics().cache().usedPages() + " pages held, " + threads() + " threads";
  }

  private static int threads() {
    return Thread.getAllStackTraces().size();
  }

  private static long resident() throws IOException {
    System.gc();
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmRSS");
  }

  /**
   * Runs the program.
   *
   * @param arguments how many seconds, of which the first fifth warms up
   */
  public static void main(String[] arguments) throws IOException {
    long seconds = Long.parseLong(arguments[0]);
    EngineSettings settings = EngineSettings.builder().threads(1).build();
    try (TextGenerator generator = SmallModel.chatting(settings, TEMPLATE);
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      ServerSoak soak = new ServerSoak(generator, server);
      long begin = System.nanoTime();
      long rounds = 0;
      for (; elapsed(begin) < seconds / 5; rounds++) {
        soak.round(rounds);
      }
      System.out.println(rounds + " rounds of 150 requests; " + soak.held());
      long before = resident();
      for (; elapsed(begin) < seconds; rounds++) {
        soak.round(rounds);
      }
      System.out.println(rounds + " rounds; " + soak.held() + "; " + generator.metrics());
      System.out.println("grown " + (resident() - before));
    }
  }

  private static long elapsed(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin).toSeconds();
  }
}
