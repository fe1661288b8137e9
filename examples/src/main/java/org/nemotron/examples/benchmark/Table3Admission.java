package org.nemotron.examples.benchmark;

import static com.google.common.base.Preconditions.checkArgument;

import org.nemotron.core.inference.KvPages;

/** How prompts are read while other sequences generate. Immutable. */
sealed interface Table3Admission {
  /** Returns how many sequences are read at the same time. */
  int reading(Table3Scenario scenario);

  /** Returns the words of a row. */
  String form();

  /**
   * In steps of their own, so many prompts together.
   *
   * @param together prompts
   */
  record Apart(int together) implements Table3Admission {
    /** Checks that it is positive. */
    public Apart {
      checkArgument(together > 0, "admitted (%s) must be positive", together);
    }

    @Override
    public int reading(Table3Scenario scenario) {
      return together;
    }

    @Override
    public String form() {
      return "in flight";
    }
  }

  /**
   * Beside the tokens that are generated, in the same steps.
   *
   * @param tokens of prompts that a step reads at most
   */
  record Beside(int tokens) implements Table3Admission {
    /** Checks that a prompt that is cut at the ends of pages goes on. */
    public Beside {
      checkArgument(
          tokens >= KvPages.PAGE_TOKENS,
          "mixed tokens (%s) must be at least %s",
          tokens,
          KvPages.PAGE_TOKENS);
    }

    @Override
    public int reading(Table3Scenario scenario) {
      return (tokens + scenario.prompt() - 1) / scenario.prompt() + 1;
    }

    @Override
    public String form() {
      return "in flight, prompts beside tokens";
    }
  }

  /**
   * Returns the reading of as many tokens a step as keep so many sequences generating.
   *
   * @param rows of a step at most: fewer are read where they are not enough
   */
  static Table3Admission even(Table3Scenario scenario, int batch, int rows) {
    long tokens = (long) batch * scenario.prompt() / scenario.output() + 1;
    long pages = (tokens + KvPages.PAGE_TOKENS - 1) / KvPages.PAGE_TOKENS;
    long room = Math.max(1, (rows - batch) / KvPages.PAGE_TOKENS);
    return new Beside(Math.toIntExact(Math.min(pages, room) * KvPages.PAGE_TOKENS));
  }
}
