package org.nemotron.core.distributed;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkState;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.util.concurrent.ThreadFactoryBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Tensor;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.Tensors;

/** One of several processes: texts go through the store, tensors by Gloo or NCCL. */
final class ProcessCommunicator implements Communicator {
  private static final String CLOSED = "this communicator is closed";

  /** How long ranks may take to come. */
  private static final long START_MILLIS = 300_000;

  /** How often it is looked whether a rank that is waited for is still there. */
  private static final long LOOK_MILLIS = 100;

  /** A rank that is at the same step for so long is stuck. */
  static final int LATE_SECONDS = 7_200;

  private final RankEnvironment environment;
  private final SharedStore store;
  private final RankBeats beats;
  private final Pulse pulse;
  private final RankWaits waits;
  private final Transport gloo;
  private final Optional<NcclTransport> nccl;
  private final Device device;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          new ThreadFactoryBuilder().setNameFormat("gloo-%d").setDaemon(true).build());
  private final Resources parts;
  private long exchanges;
  private boolean broken;
  private boolean closed;

  static ProcessCommunicator open(
      RankEnvironment environment,
      Device device,
      ImmutableMap<String, String> identity,
      int lateSeconds) {
    boolean serves =
        environment.rank() == 0
            && environment.rendezvous() instanceof Rendezvous.OverTcp tcp
            && !tcp.served();
    try (Resources made = new Resources()) {
      SharedStore store =
          made.add(SharedStore.open(environment, serves, START_MILLIS), SharedStore::close);
      new RankMeeting(environment, store, START_MILLIS).meet(identity);
      SharedStore ofPulse =
          made.add(SharedStore.open(environment, false, START_MILLIS), SharedStore::close);
      return new ProcessCommunicator(environment, device, lateSeconds, store, ofPulse, made);
    }
  }

  private ProcessCommunicator(
      RankEnvironment environment,
      Device device,
      int lateSeconds,
      SharedStore store,
      SharedStore ofPulse,
      Resources made) {
    this.environment = environment;
    this.device = device;
    this.store = store;
    this.beats = new RankBeats(rank(), size(), lateSeconds);
    this.pulse = made.add(new Pulse(rank(), size(), ofPulse, beats, this::abort), Pulse::close);
    this.waits = new RankWaits(rank(), size(), beats);
    this.gloo =
        made.add(
            new GlooTransport(
                store.forGroup("gloo"), rank(), size(), RouteAddress.of(environment), START_MILLIS),
            Transport::close);
    this.nccl =
        device.equals(Device.CPU)
            ? Optional.empty()
            : Optional.of(
                made.add(
                    new NcclTransport(rank(), size(), device, own -> shared("the id of NCCL", own)),
                    Transport::close));
    this.parts = made.complete();
    barrier("the start");
  }

  private void abort() {
    if (nccl != null) { // a rank may go while this one still connects
      nccl.ifPresent(Transport::abort);
    }
  }

  @Override
  public int rank() {
    return environment.rank();
  }

  @Override
  public int size() {
    return environment.size();
  }

  @Override
  public int localSize() {
    return environment.localSize();
  }

  @Override
  public void allReduce(Tensor tensor, Reduction reduction) {
    move("all-reduce", tensor, transport -> transport.allReduce(tensor, reduction));
  }

  @Override
  public void allGather(Tensor whole, Tensor own) {
    checkParts(whole, own);
    move("all-gather", own, transport -> transport.allGather(whole, own));
  }

  @Override
  public void reduceScatter(Tensor own, Tensor whole) {
    checkParts(whole, own);
    move("reduce-scatter", own, transport -> transport.reduceScatter(own, whole));
  }

  @Override
  public void broadcast(Tensor tensor, int root) {
    checkRank(root);
    move("broadcast of rank " + root, tensor, transport -> transport.broadcast(tensor, root));
  }

  @Override
  public void send(Tensor tensor, int to) {
    checkOther(to);
    move("sending to rank " + to, tensor, transport -> transport.send(tensor, to));
  }

  @Override
  public void receive(Tensor tensor, int from) {
    checkOther(from);
    move("receiving from rank " + from, tensor, transport -> transport.receive(tensor, from));
  }

  private void checkRank(int other) {
    checkArgument(other >= 0 && other < size(), "rank (%s) must be less than %s", other, size());
  }

  private void checkOther(int other) {
    checkRank(other);
    checkArgument(other != rank(), "rank (%s) must be another than this one", other);
  }

  private void checkParts(Tensor whole, Tensor own) {
    checkArgument(
        whole.numel() == size() * own.numel() && DType.of(whole) == DType.of(own),
        "the whole (%s of %s) must be %s times its part (%s of %s)",
        whole.numel(),
        DType.of(whole),
        size(),
        own.numel(),
        DType.of(own));
    checkArgument(whole.is_contiguous(), "a tensor that travels must be contiguous");
  }

  private void move(String what, Tensor tensor, Consumer<Transport> work) {
    checkState(!closed, CLOSED);
    checkArgument(tensor.is_contiguous(), "a tensor that travels must be contiguous");
    if (!tensor.is_cuda()) {
      await(what, thread.submit(() -> moved(work)));
      return;
    }
    Device at = Tensors.device(tensor);
    checkArgument(at.equals(device), "tensor on %s must be on the rank's %s", at, device);
    waits.check();
    try (NativeScope scope = NativeScope.open()) {
      work.accept(nccl.orElseThrow());
    }
  }

  private void moved(Consumer<Transport> work) {
    try (NativeScope scope = NativeScope.open()) {
      work.accept(gloo);
    }
  }

  /** A group that has failed once is of no more use. */
  private void await(String what, Future<?> moving) {
    broken = true; // until it ends well
    while (true) {
      try {
        Object unused = moving.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        broken = false;
        return;
      } catch (TimeoutException e) {
        waits.check();
        waits.checkLaggards(what);
        Cancellation.check();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        Cancellation.check();
      } catch (ExecutionException e) {
        throw waits.explained(what, e);
      }
    }
  }

  @Override
  public void barrier(String name) {
    ImmutableList<String> names = gathered(name, name);
    for (int other = 0; other < size(); other++) {
      if (!names.get(other).equals(name)) {
        throw new RankFailureException(
            String.format(
                "rank %d of %d is at barrier %s, and rank %d at %s",
                rank(), size(), name, other, names.get(other)));
      }
    }
  }

  @Override
  public String shared(String name, String text) {
    checkState(!closed, CLOSED);
    String key = "text/" + exchanges++;
    if (rank() == 0) {
      store.set(key, text);
      return text;
    }
    return waits.until(name, ImmutableList.of(0), () -> store.get(key));
  }

  @Override
  public ImmutableList<String> gathered(String name, String own) {
    checkState(!closed, CLOSED);
    String key = "texts/" + exchanges++ + "/";
    store.set(key + rank(), own);
    List<String> texts = new ArrayList<>();
    for (int other = 0; other < size(); other++) {
      String ofOther = key + other;
      texts.add(
          other == rank()
              ? own
              : waits.until(name, ImmutableList.of(other), () -> store.get(ofOther)));
    }
    return ImmutableList.copyOf(texts);
  }

  @Override
  public void at(String stage, long step) {
    String position = RankBeats.position(stage, step);
    beats.at(position);
    pulse.at(position);
  }

  @Override
  public void check() {
    waits.check();
  }

  /** One that stops because another has failed has nothing of its own to say. */
  @Override
  public void failed(String why) {
    broken = true;
    try {
      store.set("end/" + rank(), beats.failure().isPresent() ? RankBeats.DONE : why);
    } catch (RankFailureException e) {
      // the others will find this rank silent
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    thread.shutdown();
    leave();
    if (broken) {
      pulse.close(); // what hangs in Gloo keeps the rest; the process is about to end
      abort();
    } else {
      parts.close();
    }
  }

  /** Who serves the store leaves last. */
  private void leave() {
    try {
      if (store.get("end/" + rank()).isEmpty()) {
        store.set("end/" + rank(), RankBeats.DONE);
      }
      if (rank() == 0) {
        waits.untilGone(other -> store.get("end/" + other).isPresent());
      }
    } catch (RankFailureException e) {
      // there is no store left to tell
    }
  }
}
