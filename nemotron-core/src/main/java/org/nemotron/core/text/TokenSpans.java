package org.nemotron.core.text;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.google.common.primitives.ImmutableIntArray;
import com.google.common.primitives.Ints;

/**
 * The tokens of a text, and where in it each begins. Immutable.
 *
 * @param ids the tokens
 * @param begins of each, the index of its first character; the length of the text for a token that
 *     stands for none of it
 */
public record TokenSpans(ImmutableIntArray ids, ImmutableIntArray begins) {
  /** The library counts code points. */
  static TokenSpans of(String text, Encoding encoding) {
    long[] ids = encoding.getIds();
    CharSpan[] spans = encoding.getCharTokenSpans();
    ImmutableIntArray.Builder tokens = ImmutableIntArray.builder(ids.length);
    ImmutableIntArray.Builder begins = ImmutableIntArray.builder(ids.length);
    int index = 0;
    int codePoints = 0;
    for (int token = 0; token < ids.length; token++) {
      tokens.add(Ints.checkedCast(ids[token]));
      if (spans[token] == null) {
        begins.add(text.length());
        continue;
      }
      int begin = spans[token].getStart();
      index = text.offsetByCodePoints(index, begin - codePoints);
      codePoints = begin;
      begins.add(index);
    }
    return new TokenSpans(tokens.build(), begins.build());
  }
}
