package org.nemotron.core.nn;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.Map;
import org.nemotron.core.cuda.Card;
import org.nemotron.core.cuda.CardKernel;
import org.nemotron.core.cuda.CardProgram;

/** The kernels of steps on one card, compiled when they are first needed. */
final class StepKernels implements AutoCloseable {
  private static final String COMMON = "step.cu";

  private final Card card;
  private final Map<String, CardProgram> programs = new HashMap<>();
  private final Map<String, CardKernel> kernels = new HashMap<>();

  StepKernels(Card card) {
    this.card = card;
  }

  Card card() {
    return card;
  }

  /** Returns a kernel of any number of rows. */
  CardKernel of(String name) {
    return kernel(name, ImmutableList.of(COMMON), ImmutableList.of());
  }

  /** Returns the kernel of all layers of a step of few rows. */
  CardKernel ofFewRows(FewRowsShape shape) {
    return kernel(
        "few_rows",
        ImmutableList.of(COMMON, "few_rows.cu"),
        ImmutableList.of(
            "ROWS=" + shape.rows(),
            "HEAD_DIM=" + shape.headDim(),
            "GROUPS=" + shape.groups(),
            "PAGE=" + KvMemory.PAGE_TOKENS,
            "SLOTS=" + shape.slots()));
  }

  /** Returns an attention kernel of blocks that serve {@code group} query heads. */
  CardKernel ofAttention(String name, int headDim, int group) {
    return kernel(
        name,
        ImmutableList.of(COMMON, "attention.cu"),
        ImmutableList.of("HEAD_DIM=" + headDim, "GROUP=" + group, "PAGE=" + KvMemory.PAGE_TOKENS));
  }

  /** Returns the kernel that chooses tokens. */
  CardKernel ofChoice() {
    return kernel("choose", ImmutableList.of(COMMON, "choice.cu"), ImmutableList.of());
  }

  private CardKernel kernel(
      String name, ImmutableList<String> files, ImmutableList<String> macros) {
    String program = files + " " + macros;
    return kernels.computeIfAbsent(
        program + name,
        key ->
            programs
                .computeIfAbsent(
                    program, k -> CardProgram.compile(card, StepKernels.class, files, macros))
                .kernel(name));
  }

  @Override
  public void close() {
    programs.values().forEach(CardProgram::close);
    programs.clear();
    kernels.clear();
  }
}
