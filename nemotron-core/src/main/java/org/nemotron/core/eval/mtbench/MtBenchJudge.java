package org.nemotron.core.eval.mtbench;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.base.Throwables;
import com.google.common.collect.ImmutableList;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.io.IOException;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Has a model behind an endpoint judge answers of MT-Bench: grades each turn from 1 to 10, or says
 * which of two models' answers is better, asked in both orders, since judges favor a place.
 *
 * <p>The instructions are this library's own, so that figures compare with each other and not with
 * published ones. What the judge answers is in a log, from which a run that was ended goes on; an
 * answer without a verdict in the form asked for is asked again by the next run.
 */
public final class MtBenchJudge {
  private final ChatEndpoint endpoint;
  private final JudgmentLog log;
  private final int parallel;
  private final Progress progress;

  /** Is told how many judgments there are; called by one thread at a time. */
  @FunctionalInterface
  public interface Progress {
    /** Is called when {@code done} of {@code all} judgments are there. */
    void judged(int done, int all);
  }

  /**
   * Makes a judge.
   *
   * @param parallel how many requests are under way at a time
   */
  public MtBenchJudge(ChatEndpoint endpoint, JudgmentLog log, int parallel, Progress progress) {
    checkArgument(parallel > 0, "requests at a time (%s) must be positive", parallel);
    this.endpoint = endpoint;
    this.log = log;
    this.parallel = parallel;
    this.progress = progress;
  }

  /**
   * Returns the grades of a model's answers.
   *
   * @param model what it is called
   * @throws IOException if the endpoint cannot be reached or refuses, or no answer gets a grade
   * @throws InterruptedException if the thread is interrupted
   */
  public Grades grade(String model, List<MtBenchAnswer> answers)
      throws IOException, InterruptedException {
    List<JudgeRequest> requests = new ArrayList<>();
    for (MtBenchAnswer answer : answers) {
      for (int turn = 0; turn < answer.turns().size(); turn++) {
        requests.add(
            new JudgeRequest(
                answer.question().id(),
                turn,
                ImmutableList.of(model),
                JudgePrompts.grade(answer, turn)));
      }
    }
    Judged judged = judge(requests, "grade from 1 to 10");
    ImmutableList.Builder<Grades.Grade> grades = ImmutableList.builder();
    int next = 0;
    for (MtBenchAnswer answer : answers) {
      for (int turn = 0; turn < answer.turns().size(); turn++) {
        String verdict = judged.verdicts().get(next++);
        grades.add(
            new Grades.Grade(
                answer.question().id(),
                answer.question().category(),
                turn,
                verdict.isEmpty() ? Double.NaN : Double.parseDouble(verdict)));
      }
    }
    return new Grades(model, endpoint.toString(), judged.dates(), grades.build());
  }

  /**
   * Returns which of two models' answers are better, each pair asked in both orders.
   *
   * @param parentModel what the first is called
   * @param parent its answers
   * @param childModel what the other is called
   * @param child its answers to the same questions
   * @throws IllegalArgumentException if the questions differ
   * @throws IOException if the endpoint cannot be reached or refuses, or decides nothing
   * @throws InterruptedException if the thread is interrupted
   */
  public Verdicts compare(
      String parentModel, List<MtBenchAnswer> parent, String childModel, List<MtBenchAnswer> child)
      throws IOException, InterruptedException {
    checkArgument(
        parent.stream()
            .map(MtBenchAnswer::question)
            .toList()
            .equals(child.stream().map(MtBenchAnswer::question).toList()),
        "%s and %s must have answered the same questions",
        parentModel,
        childModel);
    List<JudgeRequest> requests = new ArrayList<>();
    for (int i = 0; i < parent.size(); i++) {
      for (int turn = 0; turn < parent.get(i).turns().size(); turn++) {
        requests.add(pair(parentModel, parent.get(i), childModel, child.get(i), turn));
        requests.add(pair(childModel, child.get(i), parentModel, parent.get(i), turn));
      }
    }
    Judged judged = judge(requests, "decision (A, B or C)");
    ImmutableList.Builder<Verdicts.Pair> pairs = ImmutableList.builder();
    int next = 0;
    for (MtBenchAnswer answer : parent) {
      for (int turn = 0; turn < answer.turns().size(); turn++) {
        pairs.add(
            new Verdicts.Pair(
                answer.question().id(),
                answer.question().category(),
                turn,
                choice(judged.verdicts().get(next++), "A", "B"),
                choice(judged.verdicts().get(next++), "B", "A")));
      }
    }
    return new Verdicts(
        parentModel, childModel, endpoint.toString(), judged.dates(), pairs.build());
  }

  private static JudgeRequest pair(
      String modelA, MtBenchAnswer a, String modelB, MtBenchAnswer b, int turn) {
    return new JudgeRequest(
        a.question().id(),
        turn,
        ImmutableList.of(modelA, modelB),
        JudgePrompts.compare(a, b, turn));
  }

  private static Verdicts.Choice choice(String verdict, String parent, String child) {
    if (verdict.equals(parent)) {
      return Verdicts.Choice.PARENT;
    }
    if (verdict.equals(child)) {
      return Verdicts.Choice.CHILD;
    }
    return verdict.isEmpty() ? Verdicts.Choice.NONE : Verdicts.Choice.TIE;
  }

  /**
   * Verdicts in the order of the requests.
   *
   * @param dates the first day and the last on which they were made
   */
  private record Judged(ImmutableList<String> verdicts, String dates) {}

  private Judged judge(List<JudgeRequest> requests, String form)
      throws IOException, InterruptedException {
    List<JudgeRequest> open =
        requests.stream().filter(request -> verdict(request).isEmpty()).toList();
    askAll(open, requests.size());
    ImmutableList<String> verdicts =
        requests.stream().map(this::verdict).collect(ImmutableList.toImmutableList());
    if (verdicts.stream().allMatch(String::isEmpty)) {
      throw new IOException(
          endpoint
              + " gave no "
              + form
              + " in double brackets.\nMaybe the model does not follow instructions.");
    }
    List<String> dates =
        requests.stream()
            .flatMap(request -> held(request).stream())
            .map(JudgmentLog.Judgment::date)
            .sorted()
            .distinct()
            .toList();
    return new Judged(
        verdicts,
        dates.size() < 2
            ? String.join("", dates)
            : dates.get(0) + " to " + dates.get(dates.size() - 1));
  }

  private Optional<JudgmentLog.Judgment> held(JudgeRequest request) {
    return log.find(request.key(endpoint.toString()));
  }

  private String verdict(JudgeRequest request) {
    return held(request).map(held -> request.verdictOf(held.text())).orElse(JudgeRequest.NONE);
  }

  /** A request and what was answered to it. */
  private record Answer(JudgeRequest request, String text) {}

  /** The first failure ends all: what was judged before it is in the log. */
  private void askAll(List<JudgeRequest> requests, int all)
      throws IOException, InterruptedException {
    ExecutorService threads =
        Executors.newFixedThreadPool(
            parallel, new ThreadFactoryBuilder().setNameFormat("judge-%d").setDaemon(true).build());
    CompletionService<Answer> running = new ExecutorCompletionService<>(threads);
    try {
      requests.forEach(request -> running.submit(() -> ask(request)));
      for (int done = 1; done <= requests.size(); done++) {
        keep(running.take().get());
        progress.judged(all - requests.size() + done, all);
      }
    } catch (ExecutionException e) {
      keepTheOthers(running);
      Throwable cause = verifyNotNull(e.getCause());
      Throwables.throwIfInstanceOf(cause, IOException.class);
      Throwables.throwIfUnchecked(cause);
      throw new IllegalStateException(cause);
    } finally {
      List<Runnable> unused = threads.shutdownNow();
    }
  }

  private Answer ask(JudgeRequest request) throws IOException, InterruptedException {
    return new Answer(request, endpoint.answer(request.messages()));
  }

  private void keep(Answer answer) throws IOException {
    String judge = endpoint.toString();
    log.add(
        answer.request(),
        answer.request().key(judge),
        judge,
        new JudgmentLog.Judgment(answer.text(), LocalDate.now(ZoneOffset.UTC).toString()));
  }

  /** Keeps what was answered beside a request that failed; the first failure is told. */
  private void keepTheOthers(CompletionService<Answer> running)
      throws IOException, InterruptedException {
    for (Future<Answer> done = running.poll(); done != null; done = running.poll()) {
      Optional<Answer> answer = answered(done);
      if (answer.isPresent()) {
        keep(answer.get());
      }
    }
  }

  private static Optional<Answer> answered(Future<Answer> done) throws InterruptedException {
    try {
      return Optional.of(done.get());
    } catch (ExecutionException e) {
      return Optional.empty();
    }
  }
}
