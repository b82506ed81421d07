using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.FuzzTests.Harness;

/// <summary>A parser that outsiders reach. Every class that derives from it is run: <c>FuzzTargetTests</c> finds them, docs/testing.md says how to write one.</summary>
internal abstract class FuzzTarget
{
    /// <summary>Lower case with hyphens; its corpus lies in <c>corpus/{Name}</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Texts that mean something to the parser; mutations put them in, and the growth check repeats them.</summary>
    public virtual IReadOnlyList<string> Words => [];

    /// <summary>The exceptions that say "refused"; any other is a finding. Each must have a text.</summary>
    public virtual IReadOnlyList<Type> Refusals => [];

    /// <summary>Inputs in the suite.</summary>
    public virtual int Inputs => 2_000;

    /// <summary>Bytes of the longest input that mutations make.</summary>
    public virtual int LongestInput => 4_096;

    /// <summary>Units of work (see <see cref="Steps"/>) that any input may cost, however short it is.</summary>
    public virtual long FreeWork => 64 * 1024;

    /// <summary>Units of work that each byte of an input may cost on top.</summary>
    public virtual long WorkPerByte => 512;

    /// <summary>Steps that the parser counted in the last run, for parsers that do; they are work, as allocated bytes are.</summary>
    public virtual long Steps => 0;

    /// <summary>More seeds than the files of the corpus, for those that are made rather than written down.</summary>
    public virtual IEnumerable<byte[]> Seeds => [];

    public string CorpusFolder => Path.Combine(Repository.Root, "tests", "ConnectAgent.FuzzTests", "corpus", Name);

    /// <summary>Takes one input through the parser, and checks what must hold of what it made.</summary>
    /// <returns>Whether the input was taken; a fuzz whose inputs are all refused, or all taken, shows little and fails.</returns>
    public abstract bool Run(byte[] input);

    public sealed override string ToString() => Name;

    /// <summary>What must hold, else the input is a finding.</summary>
    protected static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FindingException(otherwise);
        }
    }
}

/// <summary>Something that must hold does not.</summary>
internal sealed class FindingException(string message, Exception? inner = null) : Exception(message, inner);
