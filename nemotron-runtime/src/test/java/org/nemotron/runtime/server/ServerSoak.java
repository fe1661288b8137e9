package org.nemotron.runtime.server;

import static com.google.common.base.Preconditions.checkState;

import com.google.common.util.concurrent.AtomicLongMap;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import org.nemotron.runtime.engine.EngineSettings;
import org.nemotron.runtime.engine.SmallModel;
import org.nemotron.runtime.engine.TextGenerator;

/**
 * Callers of all kinds for minutes on end, as a program: some leave, some send nonsense, some send
 * half of a request and the rest much later, some ask for what a seed has answered before. It
 * prints a line a minute, and last by how much the process has grown.
 */
public final class ServerSoak {
  /** The rounds have so many at least, however little time there is. */
  private static final int LEAST_LEAVING = 10_000;

  private static final int LEAVING = 50;
  private static final int CALLING = 50;
  private static final int SLOW = 4;
  private static final String PATH = "/v1/completions";
  private static final String CHAT_PATH = "/v1/chat/completions";
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
  private final AtomicLongMap<Integer> statuses = AtomicLongMap.create();
  private List<RawClient> slow = new ArrayList<>();
  private long rounds = 0;

  private ServerSoak(TextGenerator generator, InferenceServer server) {
    this.generator = generator;
    this.server = server;
    this.client = new TestClient(server);
  }

  private void round() throws IOException {
    long seed = rounds++;
    List<RawClient> begun = halves();
    new VanishingClients(server.port(), seed).run(LEAVING);
    IntStream.range(0, CALLING)
        .parallel()
        .forEach(i -> call(new SplittableRandom(seed * CALLING + i)));
    finish(slow);
    slow = begun;
  }

  /** Begins requests, whose rest comes a round later. */
  private List<RawClient> halves() throws IOException {
    List<RawClient> begun = new ArrayList<>();
    for (int i = 0; i < SLOW; i++) {
      RawClient half = new RawClient(server.port());
      half.write(
          "POST "
              + PATH
              + " HTTP/1.1\r\nHost: here\r\nContent-Length: 29\r\n\r\n"
              + "{\"prompt\":");
      begun.add(half);
    }
    return begun;
  }

  private void finish(List<RawClient> halves) throws IOException {
    for (RawClient half : halves) {
      half.write("\"a\",\"max_tokens\":2}");
      count(Integer.parseInt(half.readUntil("\r\n").substring(9, 12)), PATH);
      half.close();
    }
  }

  private TestClient.Answer count(TestClient.Answer answer) {
    count(answer.status(), answer);
    return answer;
  }

  private void count(int status, Object answer) {
    checkState(status >= 200 && status < 500, "%s", answer);
    statuses.incrementAndGet(status);
  }

  private void call(SplittableRandom random) {
    boolean chat = random.nextInt(3) == 0;
    String path = chat ? CHAT_PATH : PATH;
    List<String> bodies = chat ? CHATS : BODIES;
    count(client.post(path, bodies.get(random.nextInt(bodies.size()))));
    String whole = chat ? DamagedRequests.CHAT : DamagedRequests.COMPLETION;
    HttpRequest.BodyPublisher damaged =
        HttpRequest.BodyPublishers.ofByteArray(DamagedRequests.of(whole, random));
    count(client.send(client.request(path).POST(damaged).build()));
    seeded(random.nextInt(8));
  }

  private void seeded(int seed) {
    String body = "{'prompt':'Once','max_tokens':20,'logprobs':1,'seed':" + seed + "}";
    TestClient.Answer answer = count(client.post(PATH, body));
    if (answer.status() == 200) {
      String choices = answer.json().path("choices").toString();
      String before = seen.computeIfAbsent(seed, key -> choices);
      checkState(before.equals(choices), "seed %s gave %s and %s", seed, before, choices);
    }
  }

  /** Waits until nothing is under way, and says what is held then. */
  private String held() throws IOException {
    finish(slow);
    slow = List.of();
    Eventually.becomesTrue(
        "nothing is held",
        () -> generator.metrics().running() == 0 && generator.metrics().cache().usedPages() == 0);
    checkState(generator.metrics().failed() == 0, "%s", generator.metrics());
    return String.format(
        "%d callers left, %d damaged requests, answers by status %s, %d pages held, %d threads,"
            + " heap %d KiB, resident %d KiB",
        rounds * LEAVING,
        rounds * CALLING,
        statuses,
        generator.metrics().cache().usedPages(),
        ownThreads(),
        heapBytes() >> 10,
        residentBytes() >> 10);
  }

  private static long ownThreads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().matches("(nemotron|vert\\.x).*"))
        .count();
  }

  private static long heapBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", "")) << 10;
      }
    }
    throw new IOException("no VmRSS");
  }

  /** Goes on for {@code seconds}, and prints what is held each minute. */
  private void run(long seconds, int leastLeaving) throws IOException {
    long begin = System.nanoTime();
    long minutes = 0;
    while (elapsed(begin) < seconds || rounds * LEAVING < leastLeaving) {
      round();
      if (elapsed(begin) / 60 > minutes) {
        minutes = elapsed(begin) / 60;
        System.out.println("minute " + minutes + ": " + held());
      }
    }
    System.out.println(elapsed(begin) + " s: " + held());
  }

  private static long elapsed(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin).toSeconds();
  }

  /**
   * Runs the program.
   *
   * @param arguments how many seconds, of which the first fifth warms up
   */
  public static void main(String[] arguments) throws IOException {
    long seconds = Long.parseLong(arguments[0]);
    EngineSettings settings = EngineSettings.builder().threads(1).build();
    long grown;
    try (TextGenerator generator = SmallModel.chatting(settings, TEMPLATE);
        InferenceServer server =
            InferenceServer.start(generator, ServerSettings.builder().port(0).build())) {
      ServerSoak soak = new ServerSoak(generator, server);
      soak.run(seconds / 5, 0);
      long threads = ownThreads();
      long before = residentBytes();
      soak.run(seconds - seconds / 5, LEAST_LEAVING);
      checkState(ownThreads() <= threads, "%s threads were %s", ownThreads(), threads);
      grown = residentBytes() - before;
    }
    Eventually.becomesTrue("no thread is left", () -> ownThreads() == 0);
    System.out.println("grown " + grown);
  }
}
