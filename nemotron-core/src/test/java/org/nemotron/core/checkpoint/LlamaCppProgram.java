package org.nemotron.core.checkpoint;

import de.kherud.llama.InferenceParameters;
import de.kherud.llama.LlamaModel;
import de.kherud.llama.ModelParameters;
import de.kherud.llama.args.CacheType;
import de.kherud.llama.args.LogFormat;
import de.kherud.llama.args.PoolingType;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Runs GGUF files in llama.cpp: a process of its own, since a fault of llama.cpp ends its process.
 * Reads questions from the first argument and writes answers to the second; see {@link LlamaCpp}.
 */
final class LlamaCppProgram {
  private static final int CONTEXT = 256;

  private LlamaCppProgram() {}

  public static void main(String[] arguments) throws IOException {
    LlamaModel.setLogger(LogFormat.TEXT, (level, text) -> {});
    try (DataInputStream in = new DataInputStream(Files.newInputStream(Path.of(arguments[0])));
        DataOutputStream out = new DataOutputStream(Files.newOutputStream(Path.of(arguments[1])))) {
      for (int left = in.readInt(); left > 0; left--) {
        answer(in.readUTF(), in.readUTF(), in.readInt(), out);
      }
    }
    // A thread of llama.cpp stays behind and would keep the process alive.
    System.exit(0);
  }

  private static void answer(String file, String prompt, int newTokens, DataOutputStream out)
      throws IOException {
    String text = "";
    int[] ids = {};
    float[] hidden = {};
    String error = "";
    try {
      if (newTokens > 0) {
        try (LlamaModel model = new LlamaModel(parameters(file))) {
          ids = model.encode(prompt);
          text =
              model.complete(
                  new InferenceParameters(prompt)
                      .setNPredict(newTokens)
                      .setTemperature(0)
                      .setIgnoreEos(true)
                      .setCachePrompt(false));
        }
      }
      try (LlamaModel model =
          new LlamaModel(parameters(file).enableEmbedding().setPoolingType(PoolingType.LAST))) {
        hidden = model.embed(prompt);
      }
    } catch (RuntimeException e) { // its own kind is not public
      error = e.toString();
    }
    out.writeUTF(error);
    out.writeUTF(text);
    out.writeInt(ids.length);
    for (int id : ids) {
      out.writeInt(id);
    }
    out.writeInt(hidden.length);
    for (float value : hidden) {
      out.writeFloat(value);
    }
  }

  private static ModelParameters parameters(String file) {
    return new ModelParameters()
        .setModel(file)
        .setCtxSize(CONTEXT)
        .setThreads(1)
        .setThreadsBatch(1)
        .setCacheTypeK(CacheType.F32)
        .setCacheTypeV(CacheType.F32)
        .skipWarmup();
  }
}
