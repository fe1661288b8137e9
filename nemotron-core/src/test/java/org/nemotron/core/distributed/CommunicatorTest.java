package org.nemotron.core.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.Floats;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.RankThreads;

final class CommunicatorTest {
  private static Tensor of(float... values) {
    return Tensors.of(values, values.length);
  }

  private static Tensor room(int elements) {
    return Tensors.zeros(Device.CPU, DType.FLOAT32, elements);
  }

  private static List<Float> values(Tensor tensor) {
    return Floats.asList(Tensors.floats(tensor));
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4})
  void exchanges_ofAnySize_giveWhatTheyPromise(int size) throws Exception {
    float sum = size * (size - 1) / 2f;
    List<List<Float>> seen =
        RankThreads.run(
            size,
            ranks -> {
              int rank = ranks.rank();
              List<Float> all = new ArrayList<>();
              Tensor added = of(rank, 10 * rank);
              ranks.allReduce(added, Reduction.SUM);
              all.addAll(values(added));
              Tensor most = of(rank - 10f);
              ranks.allReduce(most, Reduction.MAX);
              all.addAll(values(most));
              Tensor whole = room(size);
              ranks.allGather(whole, of(rank));
              all.addAll(values(whole));
              Tensor part = room(1);
              float[] given = new float[size];
              for (int other = 0; other < size; other++) {
                given[other] = rank + 100 * other;
              }
              ranks.reduceScatter(part, of(given));
              all.addAll(values(part));
              Tensor last = of(rank);
              ranks.broadcast(last, size - 1);
              all.addAll(values(last));
              return all;
            });
    for (int rank = 0; rank < size; rank++) {
      List<Float> expected = new ArrayList<>(List.of(sum, 10 * sum, size - 11f));
      for (int other = 0; other < size; other++) {
        expected.add((float) other);
      }
      expected.add(sum + size * 100 * rank);
      expected.add(size - 1f);
      assertThat(seen.get(rank)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void sendAndReceive_fromRankToRank_arriveInOrder(int size) throws Exception {
    List<List<Float>> seen =
        RankThreads.run(
            size,
            ranks -> {
              List<Float> all = new ArrayList<>();
              for (int step = 0; step < 3; step++) {
                Tensor tensor = of(100 * step);
                if (ranks.rank() > 0) {
                  ranks.receive(tensor, ranks.rank() - 1);
                }
                Tensor next = tensor.add(of(1));
                if (ranks.rank() + 1 < size) {
                  ranks.send(next, ranks.rank() + 1);
                }
                all.addAll(values(next));
              }
              return all;
            });
    assertThat(seen.get(size - 1)).containsExactly((float) size, 100f + size, 200f + size);
  }

  @Test
  void loadNatives_gpuThatIsNotThere_isRefusedByName() {
    assertThatThrownBy(() -> Communicator.loadNatives(new Device("cuda", 99)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("device cuda:99: ");
  }

  @Test
  void texts_ofAllRanks_areOnAll() throws Exception {
    List<String> seen =
        RankThreads.run(
            3,
            ranks -> {
              String text = ranks.shared("a text", "of rank " + ranks.rank() + " \u2192\n%");
              String all = String.join("|", ranks.gathered("numbers", "n" + ranks.rank()));
              ranks.barrier("the end of the test");
              return text + all;
            });
    assertThat(seen).containsOnly("of rank 0 \u2192\n%n0|n1|n2");
  }

  @Test
  void failure_ofARank_isNamedToThoseWhoWait() {
    assertThatThrownBy(
            () ->
                RankThreads.run(
                    2,
                    ranks -> {
                      ranks.at("scores", 7);
                      if (ranks.rank() == 1) {
                        ranks.barrier("both are at scores");
                        throw new IllegalArgumentException("the disk is full");
                      }
                      ranks.barrier("both are at scores");
                      ranks.barrier("never");
                      return "";
                    }))
        .isInstanceOf(RankFailureException.class)
        .hasMessageContaining("rank 1 of 2 stopped at")
        .hasMessageContaining("the disk is full");
  }

  @Test
  void failure_ofARank_endsAnExchangeOfTensors() {
    assertThatThrownBy(
            () ->
                RankThreads.run(
                    3,
                    ranks -> {
                      if (ranks.rank() == 2) {
                        throw new IllegalArgumentException("the disk is full");
                      }
                      ranks.allReduce(of(1), Reduction.SUM);
                      return "";
                    }))
        .isInstanceOf(RankFailureException.class)
        .hasMessage("rank 2 of 3 stopped at the start: the disk is full");
  }

  @Test
  void open_withAnotherIdentity_isRefusedByName() {
    String mine = "identity of this thread";
    assertThatThrownBy(
            () ->
                RankThreads.run(
                    2, rank -> ImmutableMap.of("plan", "p" + rank, "version", mine), ranks -> ""))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "rank 1 has another plan (p1 instead of p0) than rank 0.\n"
                + "Maybe its machine has other files, or another version of this library.");
  }

  @Test
  void closed_anyExchange_isRefused() throws Exception {
    List<Communicator> closed = RankThreads.run(2, ranks -> ranks);
    assertThatThrownBy(() -> closed.get(0).barrier("after the end"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this communicator is closed");
  }

  @Test
  void alone_anyExchange_isACopyOrNothing() {
    try (NativeScope scope = NativeScope.open();
        Communicator alone = Communicator.alone()) {
      Tensor tensor = of(1, 2);
      Tensor whole = room(2);
      alone.allReduce(tensor, Reduction.SUM);
      alone.allGather(whole, tensor);
      alone.barrier("nobody else");
      assertThat(values(whole)).containsExactly(1f, 2f);
      assertThat(alone.gathered("names", "me")).containsExactly("me");
    }
  }
}
