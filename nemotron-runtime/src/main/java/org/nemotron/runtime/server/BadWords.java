package org.nemotron.runtime.server;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.primitives.ImmutableIntArray;
import java.util.BitSet;
import java.util.List;
import org.nemotron.core.text.Tokenizer;
import org.nemotron.runtime.engine.TextGenerator;
import org.nemotron.runtime.sampling.SamplingParams;
import org.nemotron.runtime.sampling.TokenConstraint;
import org.nemotron.runtime.sampling.TokenMask;

/**
 * Words that an answer must not have, as vLLM understands them: each is tokenized alone and behind
 * a space, and the last token of such a row may not follow where the answer ends with those before
 * it. The same word in other tokens is not found. Immutable.
 */
final class BadWords implements TokenConstraint {
  private final int vocabularySize;
  private final ImmutableSet<Integer> single;
  private final ImmutableList<ImmutableIntArray> rows;
  private final int longest;
  private final TokenMask all;

  private BadWords(List<ImmutableIntArray> words, int vocabularySize) {
    this.vocabularySize = vocabularySize;
    this.single =
        words.stream()
            .filter(word -> word.length() == 1)
            .map(word -> word.get(0))
            .collect(ImmutableSet.toImmutableSet());
    this.rows =
        words.stream().filter(word -> word.length() > 1).collect(ImmutableList.toImmutableList());
    this.longest = rows.stream().mapToInt(ImmutableIntArray::length).max().orElse(1);
    this.all = TokenMask.of(all());
  }

  /** Returns those of a request. */
  static BadWords of(ImmutableList<String> words, TextGenerator generator) {
    Tokenizer tokenizer = generator.tokenizer();
    List<ImmutableIntArray> rows =
        words.stream()
            .map(String::stripLeading)
            .flatMap(word -> ImmutableList.of(word, " " + word).stream())
            .map(tokenizer::encode)
            .filter(row -> !row.isEmpty())
            .distinct()
            .toList();
    return new BadWords(rows, generator.spec().vocabularySize());
  }

  private BitSet all() {
    BitSet tokens = new BitSet(vocabularySize);
    tokens.set(0, vocabularySize);
    return tokens;
  }

  /** Returns whether this constrains nothing. */
  boolean isEmpty() {
    return rows.isEmpty();
  }

  /** Returns {@code params} with the words that are one token banned. */
  SamplingParams sampling(SamplingParams params) {
    return single.isEmpty() ? params : params.toBuilder().bannedTokens(single).build();
  }

  @Override
  public State start() {
    return new Behind(ImmutableIntArray.of());
  }

  /** The state behind the last tokens. */
  private final class Behind implements State {
    private final ImmutableIntArray last;

    private Behind(ImmutableIntArray last) {
      this.last = last;
    }

    @Override
    public TokenMask allowed() {
      BitSet left = null;
      for (ImmutableIntArray row : rows) {
        int before = row.length() - 1;
        if (before <= last.length()
            && last.subArray(last.length() - before, last.length())
                .equals(row.subArray(0, before))) {
          left = left == null ? all() : left;
          left.clear(row.get(before));
        }
      }
      return left == null ? all : TokenMask.of(left);
    }

    @Override
    public boolean mayEnd() {
      return true;
    }

    @Override
    public State after(int token) {
      ImmutableIntArray more = ImmutableIntArray.builder().addAll(last).add(token).build();
      int from = Math.max(0, more.length() - (longest - 1));
      return new Behind(more.subArray(from, more.length()).trimmed());
    }
  }
}
