package org.nemotron.core.checkpoint;

import static com.google.common.base.Preconditions.checkArgument;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Path;
import org.nemotron.core.provenance.Provenance;
import org.nemotron.core.spec.ModelSpec;
import org.nemotron.core.tensor.DType;

/**
 * What the README.md of a model's directory tells: where the model comes from, what it looks like,
 * which engines load it, and, where it was measured, how well and how fast it does. Immutable.
 *
 * @param name what the model is called
 * @param parent what the model that it was made of is called
 * @param parentTerms the parent's license and languages, as the head of its own card has them
 * @param spec the model
 * @param budget what the model had to fit, one sentence each; empty if nothing was asked
 * @param figures what was measured; empty if nothing was
 * @param provenance what made the model, by name
 */
public record ModelCard(
    String name,
    String parent,
    ImmutableMap<String, String> parentTerms,
    ModelSpec spec,
    ImmutableList<String> budget,
    ImmutableList<Figure> figures,
    ImmutableMap<String, String> provenance) {
  /** The file that holds it. */
  public static final String FILE = "README.md";

  /** Checks that model and parent are named. */
  public ModelCard {
    checkArgument(!name.isBlank(), "name (\"%s\") must not be blank", name);
    checkArgument(!parent.isBlank(), "parent (\"%s\") must not be blank", parent);
  }

  /**
   * One measured quantity.
   *
   * @param quantity what was measured, with its unit
   * @param ofParent the parent's value
   * @param ofModel the model's value
   */
  public record Figure(String quantity, String ofParent, String ofModel) {}

  /**
   * Returns the card of a model of which nothing is measured yet.
   *
   * @param directory the model's own; it gives the name
   * @param parent the directory or file of the model that it was made of
   * @throws IOException if the parent's card is there but cannot be read
   */
  public static ModelCard of(Path directory, Path parent, ModelSpec spec) throws IOException {
    return new ModelCard(
        ModelNames.of(directory),
        ModelNames.of(parent),
        ModelCardHead.terms(parent.resolve(FILE)),
        spec,
        ImmutableList.of(),
        ImmutableList.of(),
        ImmutableMap.of("library", "org.nemotron " + Provenance.LIBRARY_VERSION));
  }

  /**
   * Returns this card with what was asked of the model, measured of it, and went into it.
   *
   * @param inputs by name, added to the provenance
   */
  public ModelCard measured(
      ImmutableList<String> goals,
      ImmutableList<Figure> measured,
      ImmutableMap<String, String> inputs) {
    return new ModelCard(
        name,
        parent,
        parentTerms,
        spec,
        goals,
        measured,
        ImmutableMap.<String, String>builder().putAll(provenance).putAll(inputs).buildOrThrow());
  }

  /** Returns this card with how the weights are held, where that is in 8 bits. */
  ModelCard holding(DType dtype) {
    return dtype == DType.FLOAT8_E4M3
        ? measured(
            budget,
            figures,
            ImmutableMap.of(
                "weights",
                "matrices of layers in 8 bits (e4m3) with a float32 scale for each row, in the form"
                    + " of compressed-tensors; embedding, head and norms in bfloat16"))
        : this;
  }

  /** Returns the content of README.md: a head in YAML, then Markdown. */
  public String toMarkdown() {
    return ModelCardHead.toYaml(this) + ModelCardText.toMarkdown(this);
  }
}
