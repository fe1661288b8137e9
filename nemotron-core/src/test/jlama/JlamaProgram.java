import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Continues token ids greedily in Jlama, whose classes need Java 20: run from its source by a JVM of
 * its own. Each line of the first file is a directory, a number of new tokens and the ids of the
 * prompt; each line written to the second is the ids of the continuation, or what went wrong. The
 * third argument is the type that Jlama computes in. Prints decoded tokens per second.
 */
public final class JlamaProgram {
  private JlamaProgram() {}

  public static void main(String[] arguments) throws Exception {
    List<String> answers = new ArrayList<>();
    for (String question : Files.readAllLines(Path.of(arguments[0]))) {
      String[] parts = question.split("\t");
      int[] prompt = Arrays.stream(parts[2].split(" ")).mapToInt(Integer::parseInt).toArray();
      try {
        answers.add(
            continued(parts[0], prompt, Integer.parseInt(parts[1]), DType.valueOf(arguments[2])));
      } catch (RuntimeException e) {
        answers.add(e.toString());
      }
    }
    Files.write(Path.of(arguments[1]), answers);
    System.exit(0);
  }

  private static String continued(String directory, int[] prompt, int newTokens, DType type) {
    StringBuilder ids = new StringBuilder();
    try (AbstractModel model = ModelSupport.loadModel(new File(directory), type, type);
        KvBufferCache cache = new KvBufferCache(model);
        KvBufferCache.KvBuffer memory = cache.getEphemeralKvBuffer()) {
      AbstractTensor states = model.batchForward(prompt, 0, memory);
      long begin = System.nanoTime();
      for (int token = 0; token < newTokens; token++) {
        int next = greatest(model.getLogits(states.slice(states.shape().first() - 1)));
        ids.append(token == 0 ? "" : " ").append(next);
        states = model.forward(next, prompt.length + token, memory, java.util.Optional.empty());
      }
      System.out.printf("%.1f tokens/s%n", newTokens / ((System.nanoTime() - begin) / 1e9));
    }
    return ids.toString();
  }

  private static int greatest(float[] logits) {
    int greatest = 0;
    for (int index = 1; index < logits.length; index++) {
      greatest = logits[index] > logits[greatest] ? index : greatest;
    }
    return greatest;
  }
}
