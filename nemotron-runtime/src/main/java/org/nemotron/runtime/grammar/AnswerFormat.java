package org.nemotron.runtime.grammar;

import static com.google.common.base.Preconditions.checkArgument;
import static com.google.common.base.Preconditions.checkNotNull;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** The form that an answer must have. Immutable. */
public sealed interface AnswerFormat {
  /** Returns what {@code visitor} makes of this variant. */
  <R> R accept(Visitor<R> visitor);

  /** One of some texts. */
  static AnswerFormat choice(List<String> texts) {
    return new Choice(ImmutableList.copyOf(texts));
  }

  /** A text that a regular expression matches as a whole. */
  static AnswerFormat regex(String pattern) {
    return new Regex(pattern);
  }

  /** Any JSON object. */
  static AnswerFormat jsonObject() {
    return new JsonObject();
  }

  /** JSON that is valid under a JSON Schema, given as JSON. */
  static AnswerFormat jsonSchema(String schema) {
    return new JsonSchema(schema);
  }

  /** A text of one of some formats. */
  static AnswerFormat anyOf(List<AnswerFormat> formats) {
    return new AnyOf(ImmutableList.copyOf(formats));
  }

  /** A text of a format, between two fixed texts. */
  static AnswerFormat framed(String before, AnswerFormat inner, String after) {
    return new Framed(before, inner, after);
  }

  /** See {@link #choice}. */
  record Choice(ImmutableList<String> texts) implements AnswerFormat {
    /** Checks that there are texts, none of them empty. */
    public Choice {
      checkArgument(!texts.isEmpty(), "a choice must have a text");
      texts.forEach(text -> checkArgument(!text.isEmpty(), "a text of a choice must not be empty"));
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** See {@link #regex}. */
  record Regex(String pattern) implements AnswerFormat {
    /** Checks that it is not null. */
    public Regex {
      checkNotNull(pattern, "a regular expression must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** See {@link #jsonObject}. */
  record JsonObject() implements AnswerFormat {
    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** See {@link #jsonSchema}. */
  record JsonSchema(String schema) implements AnswerFormat {
    /** Checks that it is not null. */
    public JsonSchema {
      checkNotNull(schema, "a JSON schema must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** See {@link #anyOf}. */
  record AnyOf(ImmutableList<AnswerFormat> formats) implements AnswerFormat {
    /** Checks that there is one. */
    public AnyOf {
      checkArgument(!formats.isEmpty(), "of no formats no answer can be one");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** See {@link #framed}. */
  record Framed(String before, AnswerFormat inner, String after) implements AnswerFormat {
    /** Checks that nothing is null. */
    public Framed {
      checkNotNull(before, "the text before a format must not be null");
      checkNotNull(inner, "a format must not be null");
      checkNotNull(after, "the text behind a format must not be null");
    }

    @Override
    public <R> R accept(Visitor<R> visitor) {
      return visitor.visit(this);
    }
  }

  /** One method per variant, so that a new variant breaks every consumer at compile time. */
  interface Visitor<R> {
    /** Visits a choice. */
    R visit(Choice format);

    /** Visits a regular expression. */
    R visit(Regex format);

    /** Visits any JSON object. */
    R visit(JsonObject format);

    /** Visits a JSON Schema. */
    R visit(JsonSchema format);

    /** Visits formats of which one will do. */
    R visit(AnyOf format);

    /** Visits a format between two texts. */
    R visit(Framed format);
  }
}
