namespace ConnectAgent.FuzzTests.Harness;

/// <summary>
/// No input whose work grows faster than its size. Each seed is grown in several ways, by repeating it, a part of it, or a word in its middle, and the work at eight times
/// the size may be twelve times as much: sixty-four times would be the square.
/// </summary>
internal static class GrowthCheck
{
    /// <summary>Bytes of the repeated part at its longest.</summary>
    public const int Largest = 8 * Smallest;

    private const int Smallest = 2 * 1024;
    private const int Slack = 128 * 1024;
    private const int MostFactor = 12;

    /// <summary>Grows the seeds of a target and its words, and weighs the work.</summary>
    /// <exception cref="FindingException">Names the file with the input.</exception>
    public static void Run(FuzzTarget target, Fuzzer fuzzer)
    {
        foreach (var (head, part, tail) in Shapes(target))
        {
            var small = fuzzer.WorkOf(Grown(head, part, tail, Smallest));
            var large = Grown(head, part, tail, Largest);
            var work = fuzzer.WorkOf(large);
            if (work > (MostFactor * small) + Slack)
            {
                throw fuzzer.Finding(large, $"work grows faster than size: {small} units at {Smallest} bytes repeated, {work} at {Largest}", null);
            }
        }
    }

    private static IEnumerable<(byte[] Head, byte[] Part, byte[] Tail)> Shapes(FuzzTarget target)
    {
        byte[][] words = [.. target.Words.Where(word => word.Length > 0).Select(System.Text.Encoding.UTF8.GetBytes)];
        foreach (var word in words)
        {
            yield return ([], word, []);
        }

        var random = new Random(1);
        var seeds = Directory.EnumerateFiles(target.CorpusFolder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).Concat(target.Seeds);
        foreach (var seed in seeds.Where(seed => seed.Length is > 0 and < Smallest).Take(24))
        {
            yield return ([], seed, []);
            for (var times = 0; times < 6; times++)
            {
                var from = random.Next(seed.Length);
                var length = random.Next(1, Math.Min(seed.Length - from, 64) + 1);
                yield return (seed[..from], seed[from..(from + length)], seed[(from + length)..]);
                if (words.Length > 0)
                {
                    yield return (seed[..from], words[random.Next(words.Length)], seed[from..]);
                }
            }
        }
    }

    private static byte[] Grown(byte[] head, byte[] part, byte[] tail, int size)
    {
        var times = Math.Max(1, size / part.Length);
        var grown = new byte[head.Length + (times * part.Length) + tail.Length];
        head.CopyTo(grown, 0);
        for (var i = 0; i < times; i++)
        {
            part.CopyTo(grown, head.Length + (i * part.Length));
        }

        tail.CopyTo(grown, head.Length + (times * part.Length));
        return grown;
    }
}
