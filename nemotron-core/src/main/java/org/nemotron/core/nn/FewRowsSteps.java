package org.nemotron.core.nn;

import static com.google.common.base.Verify.verifyNotNull;

import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** The {@link FewRowsStep}s of a model; they belong to one memory, as its graphs do. */
final class FewRowsSteps implements AutoCloseable {
  private final StepKernels kernels;
  private final CardSpace space;
  private final ImmutableMap<Integer, FewRowsShape> shapes;
  private final Map<Key, FewRowsStep> known = new HashMap<>();
  private Optional<CardMemory> memory = Optional.empty();

  /** Which of the steps: how many rows it has, and which layer it leaves out. */
  private record Key(int rows, int without) {}

  FewRowsSteps(StepKernels kernels, CardSpace space, ImmutableMap<Integer, FewRowsShape> shapes) {
    this.kernels = kernels;
    this.space = space;
    this.shapes = shapes;
  }

  /** Returns whether steps of so many rows are made here. */
  boolean serves(int rows) {
    return shapes.containsKey(rows);
  }

  /**
   * Returns the step of {@code rows} rows.
   *
   * @param without the layer that is left out, or any number that no layer has
   * @param list says what is done, where the step is not known yet
   */
  FewRowsStep step(CardMemory of, int rows, int without, Consumer<StepParts> list) {
    if (!memory.equals(Optional.of(of))) {
      clear();
      memory = Optional.of(of);
    }
    return known.computeIfAbsent(new Key(rows, without), key -> made(rows, list));
  }

  private FewRowsStep made(int rows, Consumer<StepParts> list) {
    StepParts parts = new StepParts(space, rows, kernels.card().processors());
    list.accept(parts);
    return new FewRowsStep(parts, verifyNotNull(shapes.get(rows)), kernels);
  }

  private void clear() {
    known.values().forEach(FewRowsStep::close);
    known.clear();
  }

  @Override
  public void close() {
    clear();
  }
}
