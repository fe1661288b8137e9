package org.nemotron.runtime.server;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.time.Duration;
import java.util.List;
import org.nemotron.runtime.sampling.SamplingParams;

/**
 * Address, limits and manners of a server. Immutable.
 *
 * @param host the address to listen on; "127.0.0.1" unless set, which other machines cannot reach
 * @param port the port; 0 for one that is free
 * @param modelNames the names that requests may call the model, the first of which answers have
 * @param keyHashes of the API keys, SHA-256 in hexadecimal; none admits everybody
 * @param maxWaiting how many answers may wait beyond those that the engine generates at a time;
 *     further requests are refused with status 429
 * @param maxWaitingTokens how many tokens the prompts of waiting answers may have together
 * @param maxBodyBytes how long the body of a request may be, in bytes
 * @param maxBodiesBytes how long the bodies of all requests may be together that are being received
 *     or read, in bytes; further ones are refused with status 429
 * @param maxConnections how many connections may be open
 * @param maxContext how many tokens prompt and answer may have together; at most the model's
 *     longest context counts
 * @param sampling how tokens are chosen where a request does not say
 * @param strict whether a request with an unknown field is refused; else the field is ignored, and
 *     the log has its name once
 * @param drainTime how long {@link InferenceServer#close} waits for answers under way
 * @param pingInterval after which silence a stream has a comment, so that proxies keep it open
 * @param metricsPrefix what the names of metrics begin with
 */
public record ServerSettings(
    String host,
    int port,
    ImmutableList<String> modelNames,
    ImmutableSet<String> keyHashes,
    int maxWaiting,
    long maxWaitingTokens,
    int maxBodyBytes,
    long maxBodiesBytes,
    int maxConnections,
    int maxContext,
    SamplingParams sampling,
    boolean strict,
    Duration drainTime,
    Duration pingInterval,
    String metricsPrefix) {

  /** Checks the ranges. */
  public ServerSettings {
    checkArgument(!host.isEmpty(), "the host must not be empty");
    checkArgument(port >= 0 && port <= 65_535, "port (%s) must lie in [0, 65535]", port);
    checkArgument(!modelNames.isEmpty(), "the model must have a name");
    modelNames.forEach(name -> checkArgument(!name.isEmpty(), "a model's name must not be empty"));
    checkNotNull(keyHashes, "the hashes of keys must not be null");
    checkArgument(maxWaiting >= 0, "maxWaiting (%s) must not be negative", maxWaiting);
    checkArgument(maxWaitingTokens > 0, "maxWaitingTokens (%s) must be positive", maxWaitingTokens);
    checkArgument(maxBodyBytes > 0, "maxBodyBytes (%s) must be positive", maxBodyBytes);
    checkArgument(maxBodiesBytes > 0, "maxBodiesBytes (%s) must be positive", maxBodiesBytes);
    checkArgument(maxConnections > 0, "maxConnections (%s) must be positive", maxConnections);
    checkArgument(maxContext > 0, "maxContext (%s) must be positive", maxContext);
    checkNotNull(sampling, "the sampling must not be null");
    checkArgument(!drainTime.isNegative(), "drainTime (%s) must not be negative", drainTime);
    checkArgument(
        pingInterval.compareTo(Duration.ofSeconds(1)) >= 0,
        "pingInterval (%s) must be at least a second",
        pingInterval);
    checkArgument(
        metricsPrefix.matches("[a-zA-Z_][a-zA-Z0-9_:]*"),
        "metricsPrefix (%s) must be letters, digits, _ and :",
        metricsPrefix);
  }

  /** Returns the defaults: see {@link Builder}. */
  public static ServerSettings defaults() {
    return builder().build();
  }

  /** Returns a builder that starts from {@link #defaults}. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Collects settings. The defaults: port 8000 of 127.0.0.1, the name "nemotron", no key, 256
   * waiting answers of 262,144 tokens, bodies of 4 MiB, those under way of an eighth of the largest
   * heap together, 4,096 connections, the model's own distribution, 30 seconds to drain, a comment
   * after 10 seconds of silence, metrics named as those of vLLM. Not safe for use by several
   * threads.
   */
  public static final class Builder {
    /** To read a body takes up to some six times its length of the heap. */
    private static final int HEAP_SHARE = 8;

    private String host = "127.0.0.1";
    private int port = 8000;
    private ImmutableList<String> modelNames = ImmutableList.of("nemotron");
    private ImmutableSet<String> keyHashes = ImmutableSet.of();
    private int maxWaiting = 256;
    private long maxWaitingTokens = 262_144;
    private int maxBodyBytes = 4 << 20;
    private long maxBodiesBytes = Runtime.getRuntime().maxMemory() / HEAP_SHARE;
    private int maxConnections = 4096;
    private int maxContext = Integer.MAX_VALUE;
    private SamplingParams sampling = SamplingParams.builder().build();
    private boolean strict = false;
    private Duration drainTime = Duration.ofSeconds(30);
    private Duration pingInterval = Duration.ofSeconds(10);
    private String metricsPrefix = "vllm:";

    private Builder() {}

    /** Sets the address to listen on; "0.0.0.0" for all of the machine. */
    @CanIgnoreReturnValue
    public Builder host(String address) {
      host = address;
      return checked();
    }

    /** Sets the port; 0 for one that is free. */
    @CanIgnoreReturnValue
    public Builder port(int number) {
      port = number;
      return checked();
    }

    /** Sets the names that requests may call the model. */
    @CanIgnoreReturnValue
    public Builder modelNames(List<String> names) {
      modelNames = ImmutableList.copyOf(names);
      return checked();
    }

    /** Sets the keys of which a request must send one; their hashes are kept. */
    @CanIgnoreReturnValue
    public Builder apiKeys(List<String> keys) {
      keys.forEach(key -> checkArgument(!key.isBlank(), "an API key must not be blank"));
      keyHashes = keys.stream().map(ApiKeys::hash).collect(ImmutableSet.toImmutableSet());
      return checked();
    }

    /** Sets how many answers may wait, and how many tokens their prompts may have together. */
    @CanIgnoreReturnValue
    public Builder maxWaiting(int answers, long promptTokens) {
      maxWaiting = answers;
      maxWaitingTokens = promptTokens;
      return checked();
    }

    /** Sets how long the body of a request may be. */
    @CanIgnoreReturnValue
    public Builder maxBodyBytes(int bytes) {
      maxBodyBytes = bytes;
      return checked();
    }

    /**
     * Sets how long the bodies of all requests may be together, in bytes. To read them takes
     * several times as much of the heap.
     */
    @CanIgnoreReturnValue
    public Builder maxBodiesBytes(long bytes) {
      maxBodiesBytes = bytes;
      return checked();
    }

    /** Sets how many connections may be open. */
    @CanIgnoreReturnValue
    public Builder maxConnections(int connections) {
      maxConnections = connections;
      return checked();
    }

    /** Sets how many tokens prompt and answer may have together. */
    @CanIgnoreReturnValue
    public Builder maxContext(int tokens) {
      maxContext = tokens;
      return checked();
    }

    /** Sets how tokens are chosen where a request does not say. */
    @CanIgnoreReturnValue
    public Builder sampling(SamplingParams params) {
      sampling = params;
      return checked();
    }

    /** Refuses requests with unknown fields. */
    @CanIgnoreReturnValue
    public Builder strict() {
      strict = true;
      return this;
    }

    /** Sets how long answers under way may take when the server closes. */
    @CanIgnoreReturnValue
    public Builder drainTime(Duration time) {
      drainTime = time;
      return checked();
    }

    /** Sets after which silence a stream has a comment; at least a second. */
    @CanIgnoreReturnValue
    public Builder pingInterval(Duration interval) {
      pingInterval = interval;
      return checked();
    }

    /** Sets what the names of metrics begin with. */
    @CanIgnoreReturnValue
    public Builder metricsPrefix(String prefix) {
      metricsPrefix = prefix;
      return checked();
    }

    /** Returns the settings. */
    public ServerSettings build() {
      return new ServerSettings(
          host,
          port,
          modelNames,
          keyHashes,
          maxWaiting,
          maxWaitingTokens,
          maxBodyBytes,
          maxBodiesBytes,
          maxConnections,
          maxContext,
          sampling,
          strict,
          drainTime,
          pingInterval,
          metricsPrefix);
    }

    private Builder checked() {
      ServerSettings unused = build();
      return this;
    }
  }
}
