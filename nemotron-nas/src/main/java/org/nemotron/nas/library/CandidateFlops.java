package org.nemotron.nas.library;

import org.nemotron.core.spec.BlockSpec;
import org.nemotron.core.spec.PassFlops;

/**
 * What a candidate adds to a pass of its parent, in floating-point operations per token.
 *
 * @param pass of the parent
 */
public record CandidateFlops(PassFlops pass) {
  /**
   * Returns the work of what stands in: an attention's output passes through the parent's own FFN.
   */
  public double replaced(Candidate candidate) {
    return candidate.accept(new Replaced(pass, own(candidate)));
  }

  /** Returns the work of a training step: the candidate there and back, the parent's FFN twice. */
  public double trained(Candidate candidate) {
    return candidate.accept(new Trained(pass, own(candidate)));
  }

  private BlockSpec own(Candidate candidate) {
    return pass.spec().block(candidate.layer());
  }

  private record Replaced(PassFlops pass, BlockSpec own) implements Candidate.Visitor<Double> {
    @Override
    public Double visit(Candidate.Attention candidate) {
      return pass.attention(candidate.spec()) + pass.ffn(own.ffn());
    }

    @Override
    public Double visit(Candidate.Ffn candidate) {
      return pass.ffn(candidate.spec());
    }

    @Override
    public Double visit(Candidate.Block candidate) {
      return pass.block(candidate.spec());
    }

    @Override
    public Double visit(Candidate.MultiLayer candidate) {
      return pass.block(candidate.spec());
    }
  }

  private record Trained(PassFlops pass, BlockSpec own) implements Candidate.Visitor<Double> {
    @Override
    public Double visit(Candidate.Attention candidate) {
      return pass.trained(candidate.spec()) + 2 * pass.ffn(own.ffn());
    }

    @Override
    public Double visit(Candidate.Ffn candidate) {
      return 3 * pass.ffn(candidate.spec());
    }

    @Override
    public Double visit(Candidate.Block candidate) {
      return pass.trained(candidate.spec());
    }

    @Override
    public Double visit(Candidate.MultiLayer candidate) {
      return pass.trained(candidate.spec());
    }
  }
}
