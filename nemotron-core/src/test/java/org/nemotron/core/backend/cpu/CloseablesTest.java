package org.nemotron.core.backend.cpu;

import static com.google.common.collect.ImmutableSet.toImmutableSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.nemotron.core.data.Packing.ACROSS_DOCUMENTS;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nemotron.core.activation.LayerStreamer;
import org.nemotron.core.activation.LogitComparison;
import org.nemotron.core.backend.Backends;
import org.nemotron.core.backend.cuda.GpuCloseablesTest;
import org.nemotron.core.backend.parallel.RankBackend;
import org.nemotron.core.backend.parallel.TensorParallelBackend;
import org.nemotron.core.checkpoint.CheckpointWeights;
import org.nemotron.core.checkpoint.ModelReader;
import org.nemotron.core.checkpoint.TokenizerDirectory;
import org.nemotron.core.checkpoint.gguf.GgufFile;
import org.nemotron.core.checkpoint.gguf.GgufValue;
import org.nemotron.core.checkpoint.gguf.GgufWriter;
import org.nemotron.core.checkpoint.huggingface.CheckpointDirectory;
import org.nemotron.core.checkpoint.safetensors.SafetensorsFile;
import org.nemotron.core.data.Part;
import org.nemotron.core.data.TokenStore;
import org.nemotron.core.distributed.Communicator;
import org.nemotron.core.eval.LikelihoodRequest;
import org.nemotron.core.eval.SequenceModel;
import org.nemotron.core.eval.mtbench.AnswerLog;
import org.nemotron.core.eval.mtbench.JudgmentLog;
import org.nemotron.core.eval.run.ItemLog;
import org.nemotron.core.inference.ForwardBatch;
import org.nemotron.core.inference.InferenceBackend;
import org.nemotron.core.inference.InferenceModel;
import org.nemotron.core.inference.InferenceSession;
import org.nemotron.core.inference.SequenceChunk;
import org.nemotron.core.inference.TokenTree;
import org.nemotron.core.inference.TreeModel;
import org.nemotron.core.inference.WeightFormat;
import org.nemotron.core.inference.WeightSource;
import org.nemotron.core.io.LineLog;
import org.nemotron.core.io.ParquetRecords;
import org.nemotron.core.nn.Block;
import org.nemotron.core.nn.GatedFfn;
import org.nemotron.core.nn.GroupedQueryAttention;
import org.nemotron.core.nn.HeterogeneousModel;
import org.nemotron.core.nn.LinearSubBlock;
import org.nemotron.core.nn.NoOp;
import org.nemotron.core.nn.RotaryEmbedding;
import org.nemotron.core.nn.SubBlock;
import org.nemotron.core.parallel.SlicePlan;
import org.nemotron.core.parallel.TensorParallelModel;
import org.nemotron.core.parallel.TensorParallelSession;
import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.spec.RopeSpec;
import org.nemotron.core.tensor.Cancellation;
import org.nemotron.core.tensor.CoreLeases;
import org.nemotron.core.tensor.CpuThreads;
import org.nemotron.core.tensor.DType;
import org.nemotron.core.tensor.Device;
import org.nemotron.core.tensor.NamedTensors;
import org.nemotron.core.tensor.NativeScope;
import org.nemotron.core.tensor.Resources;
import org.nemotron.core.tensor.TensorThreads;
import org.nemotron.core.tensor.Tensors;
import org.nemotron.core.testing.CloseableCase;
import org.nemotron.core.testing.CloseableContract;
import org.nemotron.core.testing.PublicCloseables;
import org.nemotron.core.testing.TestModels;
import org.nemotron.core.testing.TestStores;
import org.nemotron.core.text.Tokenizer;

/** Every public closeable of this module: closed twice, used after close, on another thread. */
public final class CloseablesTest implements CloseableContract {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/llama-untied");
  private static final Path GOLDEN_FILE = GOLDEN.resolve("model.safetensors");
  private static final Path PARQUET = Path.of("src/test/resources/parquet/plain.parquet");
  private static final Path SHIPPED = Path.of("../examples/models/tale-7m");
  private static final String TENSORS_CLOSED = "these tensors are closed";

  private static final HeterogeneousModel MODEL = TestModels.model(TestModels.mixed(), 5);

  /** Closed in the end: while it is open, operations of all later tests have one core each. */
  private static InferenceBackend device;

  private static Path gguf;
  private static Path tokens;
  private static Tokenizer tokenizer;

  private NativeScope scope;

  @BeforeAll
  static void openDevice(@TempDir Path temporary) throws IOException {
    device = new CpuBackend(2);
    tokenizer = Tokenizer.open(SHIPPED);
    gguf = temporary.resolve("model.gguf");
    new GgufWriter().put("text", GgufValue.of("once")).write(gguf);
    tokens = temporary.resolve("tokens");
    TestStores.write(tokens, tokenizer);
  }

  @AfterAll
  static void closeDevice() {
    tokenizer.close();
    device.close();
  }

  @BeforeEach
  void open() {
    scope = NativeScope.open();
  }

  @AfterEach
  void close() {
    scope.close();
  }

  static Stream<CloseableCase> cases() {
    return Stream.of(inTensor(), inFiles(), blocks(), models()).flatMap(ImmutableList::stream);
  }

  private static ImmutableList<CloseableCase> inTensor() {
    return ImmutableList.of(
        CloseableCase.of(
                NativeScope.class,
                NativeScope::open,
                made -> assertThat(made.handOver(ones(1)).isNull()).isFalse(),
                "this scope is closed")
            .onItsThreadOnly("a scope opened on thread %s must be closed there, not on %s"),
        CloseableCase.of(
            NamedTensors.class,
            () -> NamedTensors.of(ImmutableMap.of("a", ones(3))),
            made -> assertThat(made.bytes()).isEqualTo(12),
            TENSORS_CLOSED),
        CloseableCase.of(
            NativeFloats.class,
            () -> NativeFloats.zeros(4),
            made -> made.read(0, new float[4], 0, 4),
            "this memory is closed"),
        CloseableCase.of(
            PackedWeights.class,
            () -> PackedWeights.of(ones(2, 2), WeightFormat.FLOAT32),
            CloseablesTest::multiply,
            "these weights are closed"),
        CloseableCase.of(
            ThreadTeam.class,
            () -> new ThreadTeam(2),
            made -> made.run(worker -> {}),
            "these threads are closed"),
        CloseableCase.of(
            CoreLeases.Party.class,
            () -> CoreLeases.of(2).join(),
            made -> assertThat(made.begin(1)).isOne(),
            "this party is closed"),
        CloseableCase.of(
            TensorThreads.class,
            () -> new TensorThreads(2),
            made -> made.forEach(ImmutableList.of(1, 2, 3), item -> {}),
            "these streams are closed"),
        CloseableCase.ofNothing(CpuThreads.Lease.class, CpuThreads::onePerOperation),
        CloseableCase.ofNothing(Cancellation.class, () -> Cancellation.when(() -> false))
            .onItsThreadOnly("a cancellation opened on thread %s must be closed there, not on %s"),
        CloseableCase.ofNothing(Communicator.class, Communicator::alone),
        CloseableCase.ofNothing(Resources.class, Resources::new));
  }

  private static ImmutableList<CloseableCase> inFiles() {
    return ImmutableList.of(
        CloseableCase.of(
            Tokenizer.class,
            () -> opened(() -> Tokenizer.open(SHIPPED)),
            made -> assertThat(made.encode("once").isEmpty()).isFalse(),
            "this tokenizer is closed"),
        CloseableCase.of(
            CheckpointDirectory.class,
            () -> opened(() -> CheckpointDirectory.open(GOLDEN)),
            made -> assertThat(opened(() -> made.tensor("model.norm.weight")).dim()).isEqualTo(1),
            GOLDEN_FILE + " is closed"),
        CloseableCase.of(
            CheckpointWeights.class,
            () -> opened(() -> ModelReader.weights(GOLDEN, DType.FLOAT32, Device.CPU)),
            CloseablesTest::read,
            "these weights are closed"),
        CloseableCase.of(
            TokenizerDirectory.class,
            () -> opened(() -> TokenizerDirectory.of(GOLDEN)),
            made -> assertThat(made.path()).isEqualTo(GOLDEN),
            "this tokenizer's directory is closed"),
        CloseableCase.of(
            SafetensorsFile.class,
            () -> opened(() -> SafetensorsFile.open(GOLDEN_FILE)),
            made -> assertThat(opened(() -> made.tensor("model.norm.weight")).dim()).isEqualTo(1),
            GOLDEN_FILE + " is closed"),
        CloseableCase.of(
            ParquetRecords.class,
            () -> opened(() -> ParquetRecords.open(PARQUET)),
            made -> assertThat(opened(made::next)).isPresent(),
            PARQUET + " is closed"),
        CloseableCase.of(
            TokenStore.class,
            () -> opened(() -> TokenStore.open(tokens)),
            made ->
                assertThat(
                        opened(() -> made.firstWindows(0, Part.TRAINING, 1, ACROSS_DOCUMENTS, 1)))
                    .isNotNull(),
            tokens + " is closed"),
        CloseableCase.of(
            GgufFile.class,
            () -> opened(() -> GgufFile.open(gguf)),
            made -> assertThat(made.values()).containsKey("text"), // tensors are for its package
            ""));
  }

  private static void read(CheckpointWeights weights) {
    try (NativeScope own = NativeScope.open()) {
      assertThat(weights.get("model.norm.weight").dim()).isEqualTo(1);
    }
  }

  private static ImmutableList<CloseableCase> blocks() {
    return ImmutableList.of(
        CloseableCase.of(
            RotaryEmbedding.class,
            () -> new RotaryEmbedding(new RopeSpec.Plain(10), 4, 8, DType.FLOAT32, Device.CPU),
            made -> assertThat(made.apply(ones(1, 1, 2, 4), 0).numel()).isEqualTo(8),
            "these rotary tables are closed"),
        CloseableCase.of(
            Block.class,
            () -> block(0),
            made -> assertThat(made.forward(stream()).numel()).isEqualTo(48),
            TENSORS_CLOSED),
        subBlock(SubBlock.class, 0),
        subBlock(GroupedQueryAttention.class, 0),
        subBlock(LinearSubBlock.class, 1),
        subBlock(NoOp.class, 3),
        CloseableCase.of(
            GatedFfn.class,
            () -> (GatedFfn) block(0).ffn(),
            made -> assertThat(made.forward(stream()).numel()).isEqualTo(48),
            TENSORS_CLOSED));
  }

  private static <T extends SubBlock> CloseableCase subBlock(Class<T> type, int layer) {
    return CloseableCase.of(
        type,
        () -> type.cast(block(layer).attention()),
        made -> assertThat(made.forward(stream()).numel()).isEqualTo(48),
        TENSORS_CLOSED);
  }

  private static Block block(int layer) {
    BlockSpec spec = MODEL.spec().block(layer);
    return new Block(spec, NamedTensors.of(MODEL.block(layer).tensors()), MODEL.rotary(), 1e-5);
  }

  private static TensorParallelModel alone() {
    return TensorParallelModel.of(
        new SlicePlan(MODEL.spec(), 1), WeightSource.of(MODEL), Communicator.alone());
  }

  private static ImmutableList<CloseableCase> models() {
    ModelSpec spec = TestModels.mixed();
    return ImmutableList.of(
        CloseableCase.of(
            HeterogeneousModel.class,
            () -> TestModels.model(spec, 3),
            made -> assertThat(made.logits(Tensors.of(new long[] {1, 2}, 1, 2)).dim()).isEqualTo(3),
            TENSORS_CLOSED),
        CloseableCase.of(
            TensorParallelModel.class,
            CloseablesTest::alone,
            made -> made.newSession(1, 4).close(),
            TENSORS_CLOSED),
        CloseableCase.of(
            TensorParallelSession.class,
            () -> alone().newSession(1, 4),
            made ->
                assertThat(made.step(ImmutableList.of(ImmutableIntArray.of(1))).length())
                    .isEqualTo(1),
            "this session is closed"),
        CloseableCase.of(
            LayerStreamer.class,
            () -> LayerStreamer.streamed(MODEL, Device.CPU),
            made -> assertThat(made.block(1).forward(stream()).numel()).isEqualTo(48),
            "these layers are closed"),
        CloseableCase.of(
            LogitComparison.class,
            () -> new LogitComparison(MODEL, rows(), Tensors.of(new long[] {1, 2}, 2)),
            CloseablesTest::compare,
            "this comparison is closed"),
        CloseableCase.of(
            InferenceBackend.class,
            () -> Backends.of(Device.CPU, 2),
            made -> made.prepare(MODEL, WeightFormat.FLOAT32, 4).close(),
            "this device is closed"),
        CloseableCase.of(
            RankBackend.class,
            () -> new CpuBackend(1),
            made -> made.prepare(MODEL, WeightFormat.FLOAT32, 4).close(),
            "this device is closed"),
        CloseableCase.of(
            TensorParallelBackend.class,
            () -> (TensorParallelBackend) Backends.of(Device.CPU, 2, 2),
            made -> made.prepare(MODEL, WeightFormat.FLOAT32, 4).close(),
            "this device is closed"),
        CloseableCase.of(
            CpuBackend.class,
            () -> new CpuBackend(2),
            made -> made.prepare(MODEL, WeightFormat.FLOAT32, 4).close(),
            "this device is closed"),
        CloseableCase.of(
            InferenceModel.class,
            () -> device.prepare(MODEL, WeightFormat.FLOAT32, 4),
            CloseablesTest::step,
            "this model is closed"),
        CloseableCase.of(
            InferenceSession.class,
            () -> device.prepare(MODEL, WeightFormat.FLOAT32, 4).newSession(1),
            CloseablesTest::step,
            "this session is closed"),
        CloseableCase.of(
            TreeModel.class,
            () -> device.prepareTrees(spec, WeightSource.of(MODEL), WeightFormat.FLOAT32),
            CloseablesTest::run,
            "this model is closed"),
        CloseableCase.of(
            SequenceModel.class,
            CloseablesTest::sequences,
            made ->
                assertThat(
                        made.logLikelihoods(
                            ImmutableList.of(
                                new LikelihoodRequest(
                                    ImmutableIntArray.of(1), ImmutableIntArray.of(2)))))
                    .hasSize(1),
            "this model is closed"),
        CloseableCase.of(
            ItemLog.class,
            () -> opened(() -> ItemLog.open(newLog(gguf))),
            made -> assertThat(made.find("key")).isEmpty(),
            "this log is closed"),
        CloseableCase.of(
            LineLog.class,
            () -> opened(() -> LineLog.open(newLog(gguf), "line", line -> true)),
            LineLog::checkOpen,
            "this log is closed"),
        CloseableCase.ofNothing(
            AnswerLog.class, () -> opened(() -> AnswerLog.open(newLog(gguf), "model"))),
        CloseableCase.ofNothing(
            JudgmentLog.class, () -> opened(() -> JudgmentLog.open(newLog(gguf)))));
  }

  private static Path newLog(Path beside) throws IOException {
    return Files.createTempFile(beside.getParent(), "i", ".log");
  }

  private static void run(TreeModel model) {
    TokenTree tree =
        new TokenTree(ImmutableIntArray.of(1), ImmutableIntArray.of(-1), ImmutableIntArray.of(0));
    model.run(
        ImmutableList.of(tree),
        (index, wanted, logits) -> assertThat(logits).hasSize(TestModels.VOCABULARY));
  }

  private static SequenceModel sequences() {
    return SequenceModel.builder(tokenizer, MODEL.spec(), WeightSource.of(MODEL), device)
        .format(WeightFormat.FLOAT32)
        .build();
  }

  private static void step(InferenceModel model) {
    try (InferenceSession session = model.newSession(1)) {
      step(session);
    }
  }

  /** Reads a token. */
  public static void step(InferenceSession session) {
    SequenceChunk chunk =
        new SequenceChunk(
            ImmutableIntArray.of(0), 0, ImmutableIntArray.of(1), SequenceChunk.LAST_LOGITS);
    assertThat(session.step(ForwardBatch.of(chunk)).rows()).isEqualTo(1);
  }

  private static void multiply(PackedWeights weights) {
    try (NativeFloats in = NativeFloats.zeros(2);
        NativeFloats out = NativeFloats.zeros(2)) {
      weights.multiply(in, 1, out, new Blas());
    }
  }

  private static Tensor stream() {
    return ones(1, 2, TestModels.WIDTH);
  }

  private static void compare(LogitComparison comparison) {
    try (NativeScope own = NativeScope.open()) {
      assertThat(comparison.compare(rows()).klR().numel()).isEqualTo(2);
    }
  }

  private static Tensor rows() {
    return ones(2, TestModels.WIDTH);
  }

  private static Tensor ones(long... shape) {
    return Tensors.zeros(Device.CPU, DType.FLOAT32, shape);
  }

  /** Something that may not find its file. */
  private interface Opening<T> {
    T open() throws IOException;
  }

  private static <T> T opened(Opening<T> opening) {
    try {
      return opening.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void publicCloseables_ofThisModule_allHaveACase() {
    assertThat(
            Stream.concat(cases(), GpuCloseablesTest.casesOfTypes())
                .map(closeable -> closeable.type().getName())
                .collect(toImmutableSet()))
        .containsExactlyInAnyOrderElementsOf(PublicCloseables.in("org.nemotron.core"));
  }
}
