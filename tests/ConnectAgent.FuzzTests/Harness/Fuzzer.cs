using System.Diagnostics;
using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ConnectAgent.TestKit.Processes;

namespace ConnectAgent.FuzzTests.Harness;

/// <summary>Drives one target: first its corpus, then mutations of it. Inputs that bring an outcome nobody had yet are mutated further.</summary>
internal sealed class Fuzzer : IDisposable
{
    private const int LargestPool = 512;
    private readonly FuzzTarget _target;
    private readonly int _seed;
    private readonly List<byte[]> _pool;
    private readonly Dictionary<string, int> _outcomes = new(StringComparer.Ordinal);
    private readonly string _folder;
    private readonly MemoryMappedFile _current;
    private readonly MemoryMappedViewAccessor _view;

    /// <summary>Reads the seeds of a target, and makes its folder for findings.</summary>
    /// <param name="target">What is driven.</param>
    /// <param name="seed">The same seed gives the same inputs.</param>
    public Fuzzer(FuzzTarget target, int seed)
    {
        (_target, _seed) = (target, seed);
        _pool = [.. Directory.EnumerateFiles(target.CorpusFolder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes), .. target.Seeds];
        _folder = Path.Combine(Repository.Root, "artifacts", "fuzz", target.Name);
        Directory.CreateDirectory(_folder);

        // A stack overflow ends the process without a word: what it was given is then in this file, its length in the first four bytes.
        _current = MemoryMappedFile.CreateFromFile(Path.Combine(_folder, "current"), FileMode.Create, null, CurrentSize);
        _view = _current.CreateViewAccessor();
    }

    public int Taken { get; private set; }

    public int Refused { get; private set; }

    /// <summary>What came of the inputs, the most frequent first.</summary>
    public IEnumerable<string> Outcomes => _outcomes.OrderByDescending(outcome => outcome.Value).Select(outcome => $"{outcome.Value} {outcome.Key}");

    private long CurrentSize => sizeof(int) + Math.Max(Math.Max(_target.LongestInput, GrowthCheck.Largest * 2), _pool.Select(seed => seed.Length).DefaultIfEmpty().Max());

    /// <summary>Runs the corpus and then mutations: so many, or for so long.</summary>
    /// <exception cref="FindingException">Names the file with the input.</exception>
    public void Run(int inputs, TimeSpan? time)
    {
        foreach (var seed in _pool.ToList())
        {
            Count(Try(seed));
        }

        var mutator = new Mutator(_target.Words, _target.LongestInput);
        var clock = Stopwatch.StartNew();
        for (var number = 0; time is { } least ? clock.Elapsed < least : number < inputs; number++)
        {
            var input = mutator.Mutate(new Random(HashCode(number)), _pool);
            if (Count(Try(input)) == 1 && _pool.Count < LargestPool)
            {
                _pool.Add(input);
            }
        }
    }

    /// <summary>Runs one input.</summary>
    /// <returns>What came of it, so that two that went the same way are the same.</returns>
    /// <exception cref="FindingException">Names the file with the input.</exception>
    public string Try(byte[] input)
    {
        var outcome = Once(input, out var work);
        if (work > Allowed(input.Length))
        {
            // What is made once, at the first call, is no work of the input.
            outcome = Once(input, out work);
            if (work > Allowed(input.Length))
            {
                throw Finding(input, $"{input.Length} bytes took {work} units of work, more than the {Allowed(input.Length)} that they may", null);
            }
        }

        return outcome;
    }

    /// <summary>The work of one input, without what is made once.</summary>
    public long WorkOf(byte[] input)
    {
        Once(input, out var first);
        Once(input, out var second);
        return Math.Min(first, second);
    }

    /// <summary>Keeps the input, and says where.</summary>
    public FindingException Finding(byte[] input, string what, Exception? error)
    {
        var file = Path.Combine(_folder, Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 8)));
        File.WriteAllBytes(file, input);
        return new FindingException($"{_target.Name}: {what}. The input is in {file}; once it is mended, keep it in {_target.CorpusFolder}. Seed {_seed}.", error);
    }

    public void Dispose()
    {
        _view.Dispose();
        _current.Dispose();
    }

    private int Count(string outcome) => ++CollectionsMarshal.GetValueRefOrAddDefault(_outcomes, outcome, out _);

    private long Allowed(int length) => _target.FreeWork + (_target.WorkPerByte * length);

    // Not System.HashCode: that one differs from process to process.
    private int HashCode(int number) => unchecked((_seed * 486187739) + (number * 16777619));

    private string Once(byte[] input, out long work)
    {
        _view.Write(0, input.Length);
        _view.WriteArray(sizeof(int), input, 0, input.Length);
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            var isTaken = _target.Run(input);
            work = GC.GetAllocatedBytesForCurrentThread() - before + _target.Steps;
            Taken += isTaken ? 1 : 0;
            Refused += isTaken ? 0 : 1;
            return isTaken ? $"taken {int.Log2(input.Length + 1)}" : "refused";
        }
        catch (Exception error) when (_target.Refusals.Contains(error.GetType()))
        {
            work = GC.GetAllocatedBytesForCurrentThread() - before + _target.Steps;
            Refused++;
            return error.Message.Length > 0 ? Shape(error) : throw Finding(input, "a refusal without a text", error);
        }
        catch (FindingException error)
        {
            throw Finding(input, error.Message, error.InnerException);
        }
        catch (Exception error)
        {
            throw Finding(input, $"{error.GetType().Name}: {error.Message}", error);
        }
    }

    // The text without what the input put into it: quoted parts and numbers.
    private static string Shape(Exception error)
    {
        var text = error.Message.Length > 200 ? error.Message[..200] : error.Message;
        return string.Concat(text.Split('"', '\'').Where((_, part) => part % 2 == 0)).TrimEnd() is var bare
            ? string.Concat(bare.Where(letter => !char.IsAsciiDigit(letter)))
            : text;
    }
}
