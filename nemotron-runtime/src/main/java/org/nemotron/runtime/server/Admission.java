package org.nemotron.runtime.server;

import org.nemotron.runtime.server.wire.ApiException;

/**
 * Counts answers under way, so that no more wait than the settings allow. Safe for use by several
 * threads.
 */
final class Admission {
  private final int most;
  private final int running;
  private final long mostWaitingTokens;
  private int answers = 0;
  private int begun = 0;
  private long waitingTokens = 0;
  private long refused = 0;

  /**
   * Begins without answers.
   *
   * @param running how many answers the engine generates at a time
   * @param waiting how many may wait beside them
   * @param waitingTokens how many tokens the prompts of waiting answers may have
   */
  Admission(int running, int waiting, long waitingTokens) {
    this.running = running;
    this.most = running + waiting;
    this.mostWaitingTokens = waitingTokens;
  }

  /**
   * Admits a request, whose answers are not counted yet, as one.
   *
   * @throws ApiException if too many wait
   */
  synchronized Ticket enter() {
    if (answers >= most) {
      throw busy("too many requests are waiting (" + most + " answers under way)");
    }
    answers++;
    return new Ticket();
  }

  private ApiException busy(String sentence) {
    refused++;
    return ApiException.busy(retrySeconds(), sentence + ".\nMaybe try again later.");
  }

  /** A second for each batch that waits. */
  private int retrySeconds() {
    return Math.max(1, Math.min(60, (answers - begun) / Math.max(1, running)));
  }

  /** Returns how many answers are admitted and have no token yet. */
  synchronized int waiting() {
    return answers - begun;
  }

  /** Returns how many answers are under way. */
  synchronized int answers() {
    return answers;
  }

  /** Returns how many requests were refused. */
  synchronized long refused() {
    return refused;
  }

  /** The share of one request. Closing twice is harmless. */
  final class Ticket {
    private int mine = 1;
    private int mineBegun = 0;
    private long tokensEach = 0;

    /**
     * Counts the answers of the request.
     *
     * @param promptTokens of all of them together
     * @throws ApiException if they do not fit
     */
    void take(int wanted, long promptTokens) {
      synchronized (Admission.this) {
        if (wanted > most) {
          throw ApiException.invalid(
              "n", "a request must ask for at most " + most + " answers, not " + wanted);
        }
        if (answers - mine + wanted > most) {
          throw busy("too many answers are waiting (" + answers + " of " + most + " under way)");
        }
        if (waitingTokens > 0 && waitingTokens + promptTokens > mostWaitingTokens) {
          throw busy(
              "the prompts that wait have "
                  + waitingTokens
                  + " tokens, and "
                  + promptTokens
                  + " more would exceed "
                  + mostWaitingTokens);
        }
        answers += wanted - mine;
        mine = wanted;
        tokensEach = promptTokens / wanted;
        waitingTokens += tokensEach * mine;
      }
    }

    /** Counts an answer as begun. */
    void begin() {
      synchronized (Admission.this) {
        if (mineBegun < mine) {
          mineBegun++;
          begun++;
          waitingTokens -= tokensEach;
        }
      }
    }

    /** Ends the request. */
    void close() {
      synchronized (Admission.this) {
        answers -= mine;
        begun -= mineBegun;
        waitingTokens -= tokensEach * (mine - mineBegun);
        mine = 0;
        mineBegun = 0;
      }
    }
  }
}
