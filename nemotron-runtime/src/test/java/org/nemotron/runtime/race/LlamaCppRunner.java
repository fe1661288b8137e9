package org.nemotron.runtime.race;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.LogFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * llama.cpp's side, a process of its own: prints tokens per second of single-stream decode, of
 * prefill and of batched decode, a line each.
 */
final class LlamaCppRunner {
  private static final String WORDS =
      "Once upon a time there was a little dog who ran to the park and saw a big red ball. ";

  private LlamaCppRunner() {}

  public static void main(String[] arguments) throws ExecutionException, InterruptedException {
    LlamaModel.setLogger(LogFormat.TEXT, (level, text) -> {});
    int threads = Integer.parseInt(arguments[1]);
    try (LlamaModel model =
        new LlamaModel(parameters(arguments[0], threads).setCtxSize(2048).setBatchSize(512))) {
      String prompt = prompt(model, RaceLengths.PROMPT);
      String longPrompt = prompt(model, RaceLengths.LONG_PROMPT);
      run(model, prompt, 8);
      double first = run(model, prompt, 1);
      double all = run(model, prompt, 1 + RaceLengths.SINGLE_NEW_TOKENS);
      System.out.println("decode " + RaceLengths.SINGLE_NEW_TOKENS / (all - first));
      System.out.println("prefill " + model.encode(longPrompt).length / run(model, longPrompt, 1));
    }
    int batch = RaceLengths.BATCH;
    try (LlamaModel model =
        new LlamaModel(
            parameters(arguments[0], threads)
                .setCtxSize(batch * 256)
                .setParallel(batch)
                .enableContBatching())) {
      String prompt = prompt(model, RaceLengths.PROMPT);
      double first = together(model, prompt, 1);
      double all = together(model, prompt, 1 + RaceLengths.NEW_TOKENS);
      System.out.println("batch " + batch * RaceLengths.NEW_TOKENS / (all - first));
    }
    // A thread of llama.cpp stays behind and would keep the process alive.
    System.exit(0);
  }

  private static ModelParameters parameters(String file, int threads) {
    return new ModelParameters().setModel(file).setThreads(threads).setThreadsBatch(threads);
  }

  private static String prompt(LlamaModel model, int tokens) {
    StringBuilder text = new StringBuilder(WORDS);
    while (model.encode(text + WORDS).length <= tokens) {
      text.append(WORDS);
    }
    return text.toString();
  }

  private static double run(LlamaModel model, String prompt, int newTokens) {
    long start = System.nanoTime();
    String answer =
        model.complete(
            new InferenceParameters(prompt)
                .setNPredict(newTokens)
                .setTemperature(0)
                .setIgnoreEos(true)
                .setCachePrompt(false));
    if (answer.isEmpty()) {
      throw new IllegalStateException("llama.cpp said nothing");
    }
    return (System.nanoTime() - start) / 1e9;
  }

  private static double together(LlamaModel model, String prompt, int newTokens)
      throws ExecutionException, InterruptedException {
    ExecutorService callers = Executors.newFixedThreadPool(RaceLengths.BATCH);
    long start = System.nanoTime();
    List<Future<Double>> running = new ArrayList<>();
    for (int i = 0; i < RaceLengths.BATCH; i++) {
      running.add(callers.submit(() -> run(model, prompt, newTokens)));
    }
    for (Future<Double> one : running) {
      one.get();
    }
    callers.shutdown();
    return (System.nanoTime() - start) / 1e9;
  }
}
