package org.nemotron.core.eval.task;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import org.nemotron.core.eval.GenerationRequest;
import org.nemotron.core.tensor.Seed;

/**
 * How many texts a model writes after a prompt, and how their tokens are chosen.
 *
 * <p>The seed of a text follows from the number of its item and its own number alone: more texts,
 * fewer items or a run that goes on change none of the others.
 *
 * @param samples how many texts are written after each prompt
 * @param temperature by which logits are divided before a token is drawn; at 0 the likeliest token
 *     is taken
 * @param topP tokens are drawn among the fewest likeliest ones that together have this probability;
 *     1: among all
 * @param seed what the seeds of all texts are made of
 */
public record Sampling(int samples, double temperature, double topP, Seed seed) {
  /** One text of the likeliest tokens. */
  public static final Sampling LIKELIEST = new Sampling(1, 0, 1, new Seed(0));

  /** Draws among all tokens. */
  public Sampling(int samples, double temperature, Seed seed) {
    this(samples, temperature, 1, seed);
  }

  /** Checks the number, the temperature and the share. */
  public Sampling {
    checkArgument(samples > 0, "samples (%s) must be positive", samples);
    checkArgument(
        temperature >= 0 && Double.isFinite(temperature),
        "temperature (%s) must be a finite number, not negative",
        temperature);
    checkArgument(topP > 0 && topP <= 1, "top-p (%s) must be above 0, and 1 at most", topP);
    checkArgument(
        topP == 1 || temperature > 0,
        "top-p (%s) needs a temperature above 0: otherwise the likeliest token is taken",
        topP);
    checkArgument(
        samples == 1 || temperature > 0,
        "samples (%s) need a temperature above 0: the likeliest text is always the same.\n"
            + "Maybe 0.2 for pass@1, 0.8 for pass@100.",
        samples);
  }

  /** Returns the requests of an item, one entry for each text. */
  ImmutableList<EncodedItem> of(EncodedItem item) {
    if (temperature == 0) {
      return ImmutableList.of(item);
    }
    ImmutableList.Builder<EncodedItem> each = ImmutableList.builder();
    for (int sample = 0; sample < samples; sample++) {
      long drawn = seed.numbered(item.item().index()).numbered(sample).value();
      each.add(
          new EncodedItem(
              item.item(),
              item.likelihoods(),
              item.generations().stream()
                  .map(request -> drawn(request, drawn))
                  .collect(ImmutableList.toImmutableList()),
              item.truncated(),
              item.empty(),
              item.retokenized()));
    }
    return each.build();
  }

  private GenerationRequest drawn(GenerationRequest request, long number) {
    return new GenerationRequest(
        request.prompt(), request.maxTokens(), request.stops(), temperature, topP, number);
  }

  /** Returns the settings in words; empty for one text of the likeliest tokens. */
  String words() {
    return temperature == 0
        ? ""
        : "%s samples at temperature %s%s, seed %s"
            .formatted(samples, temperature, topP < 1 ? ", top-p " + topP : "", seed.value());
  }
}
