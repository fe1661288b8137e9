package org.nemotron.core.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.base.CharMatcher;
import com.google.common.base.Utf8;
import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import com.google.common.primitives.ImmutableIntArray;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.nemotron.core.data.ConversationRenderer.Span;
import org.nemotron.core.data.DocumentSource.Content;
import org.nemotron.core.data.DocumentSource.Loss;
import org.nemotron.core.io.JsonFaults;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.text.TokenSpans;
import org.nemotron.core.text.Tokenizer;

/** Turns the records of one source into tokens. Safe for use by several threads. */
final class RecordEncoder {
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final int MOST_KEYS = 8;

  private final DocumentSource source;
  private final Tokenizer tokenizer;
  private final ModelSpec model;
  private final Optional<ConversationRenderer> renderer;

  /** Makes an encoder; a source of conversations needs a renderer. */
  RecordEncoder(
      DocumentSource source,
      Tokenizer tokenizer,
      ModelSpec model,
      Optional<ConversationRenderer> renderer) {
    this.source = source;
    this.tokenizer = tokenizer;
    this.model = model;
    this.renderer = renderer;
  }

  /**
   * Returns the tokens of a record.
   *
   * @throws IOException if it has a token that the model does not have
   */
  EncodedRecord encode(RawRecord record) throws IOException {
    return record.content().encode(this);
  }

  /** Returns the tokens of a document that has been tokenized before. */
  EncodedRecord tokens(RawRecord.Tokens document) throws IOException {
    int[] tokens = document.tokens();
    return checked(tokens, new boolean[0], hash(tokens), document.isFirst(), document.isLast());
  }

  /** Returns the tokens of a line that should be a JSON object. */
  EncodedRecord line(byte[] line) throws IOException {
    if (!Utf8.isWellFormed(line)) {
      return new EncodedRecord.Bad("is not valid UTF-8");
    }
    JsonNode json;
    try {
      json = JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return new EncodedRecord.Bad("is not JSON (" + JsonFaults.words(e) + ")");
    }
    return json.isObject() ? value(json) : new EncodedRecord.Bad("must be a JSON object");
  }

  /** Returns the tokens of what a record has under the source's key. */
  EncodedRecord value(JsonNode record) throws IOException {
    JsonNode value = record.path(source.key());
    if (value.isMissingNode()) {
      List<String> keys = ImmutableList.copyOf(record.fieldNames());
      return new EncodedRecord.Bad(
          "has no key "
              + source.key()
              + "; it has "
              + String.join(", ", keys.subList(0, Math.min(MOST_KEYS, keys.size()))));
    }
    if (source.content() == Content.MESSAGES) {
      return conversation(value);
    }
    return value.isTextual()
        ? text(new RawRecord.Text(value.asText(), true, true))
        : new EncodedRecord.Bad(source.key() + " must be a string");
  }

  /** Returns the tokens of a text. */
  EncodedRecord text(RawRecord.Text text) throws IOException {
    boolean whole = text.isFirst() && text.isLast();
    if (whole && CharMatcher.whitespace().matchesAllOf(text.text())) {
      return new EncodedRecord.Empty();
    }
    ImmutableIntArray.Builder tokens = ImmutableIntArray.builder();
    if (text.isFirst()) {
      addMark(model.specialTokens().beginOfText(), tokens);
    }
    tokens.addAll(tokenizer.encodeLong(text.text()));
    if (text.isLast()) {
      addMark(model.specialTokens().endOfText(), tokens);
    }
    return checked(
        tokens.build().toArray(), new boolean[0], hash(text.text()), text.isFirst(), text.isLast());
  }

  private static void addMark(ImmutableList<Integer> mark, ImmutableIntArray.Builder tokens) {
    mark.stream().findFirst().ifPresent(tokens::add);
  }

  private EncodedRecord conversation(JsonNode turns) throws IOException {
    ImmutableList.Builder<String> each = ImmutableList.builder();
    turns.forEach(turn -> each.add(turn.toString()));
    ImmutableList<String> texts = each.build();
    if (!turns.isArray() || texts.isEmpty()) {
      return new EncodedRecord.Bad(source.key() + " must be a list of turns, not empty");
    }
    long hash = hash(turns.toString());
    try {
      return source.loss() == Loss.ALL_TOKENS
          ? checked(
              tokenizer.encodeLong(conversations().text(texts)).toArray(),
              new boolean[0],
              hash,
              true,
              true)
          : answers(texts, hash);
    } catch (IllegalArgumentException e) {
      return new EncodedRecord.Bad(
          "is no conversation for the model's chat template (" + e.getMessage() + ")");
    }
  }

  private ConversationRenderer conversations() {
    return renderer.orElseThrow();
  }

  private EncodedRecord answers(List<String> turns, long hash) throws IOException {
    ImmutableList<Span> answers = conversations().answers(turns);
    if (answers.isEmpty()) {
      return new EncodedRecord.Bad("has no turn of the assistant to learn from");
    }
    TokenSpans spans = tokenizer.encodeWithSpans(conversations().text(turns));
    return checked(spans.ids().toArray(), learned(spans.begins(), answers), hash, true, true);
  }

  private static boolean[] learned(ImmutableIntArray begins, List<Span> answers) {
    boolean[] learned = new boolean[begins.length()];
    for (int token = 0; token < learned.length; token++) {
      int begin = begins.get(token);
      learned[token] =
          answers.stream().anyMatch(answer -> begin >= answer.begin() && begin < answer.end());
    }
    return learned;
  }

  private EncodedRecord checked(
      int[] tokens, boolean[] learned, long hash, boolean isFirst, boolean isLast)
      throws IOException {
    for (int token : tokens) {
      if (token < 0 || token >= model.vocabularySize()) {
        throw new IOException(
            String.format(
                "%s: token %s is beyond the model's vocabulary of %s.%n"
                    + "Maybe the tokenizer belongs to another model.",
                source.inWords(), token, model.vocabularySize()));
      }
    }
    return tokens.length == 0 && isFirst && isLast
        ? new EncodedRecord.Empty()
        : new EncodedRecord.Tokens(tokens, learned, hash, isFirst, isLast);
  }

  private static long hash(String text) {
    return Hashing.murmur3_128().hashUnencodedChars(text).asLong();
  }

  private static long hash(int[] tokens) {
    Hasher hasher = Hashing.murmur3_128().newHasher();
    for (int token : tokens) {
      hasher.putInt(token);
    }
    return hasher.hash().asLong();
  }
}
