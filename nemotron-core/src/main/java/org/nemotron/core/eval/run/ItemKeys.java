package org.nemotron.core.eval.run;

import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.nio.charset.StandardCharsets;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.task.EncodedItem;
import org.nemotron.core.provenance.Fingerprint;

/** Keys of items: equal keys, equal model and equal requests to the token. */
final class ItemKeys {
  private static final int DIGITS = 32;

  private ItemKeys() {}

  /** Returns the key of {@code item} for the model, 32 hexadecimal digits. */
  static String of(Fingerprint model, EncodedItem item) {
    Hasher hasher = Hashing.sha256().newHasher();
    hasher.putString(model.hex(), StandardCharsets.US_ASCII);
    hasher.putInt(item.likelihoods().size()).putInt(item.generations().size());
    for (LikelihoodRequest request : item.likelihoods()) {
      put(hasher, request.context());
      put(hasher, request.continuation());
    }
    for (GenerationRequest request : item.generations()) {
      put(hasher, request.prompt());
      hasher.putInt(request.maxTokens()).putInt(request.stops().size());
      if (request.isDrawn()) {
        hasher.putDouble(request.temperature()).putLong(request.seed());
      }
      if (request.isDrawn() && request.topP() < 1) {
        hasher.putDouble(request.topP());
      }
      for (String stop : request.stops()) {
        byte[] bytes = stop.getBytes(StandardCharsets.UTF_8);
        hasher.putInt(bytes.length).putBytes(bytes);
      }
    }
    return hasher.hash().toString().substring(0, DIGITS);
  }

  private static void put(Hasher hasher, ImmutableIntArray ids) {
    hasher.putInt(ids.length());
    ids.forEach(hasher::putInt);
  }
}
