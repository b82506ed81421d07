using System.Globalization;
using System.Text;

namespace ConnectAgent.FuzzTests.Harness;

/// <summary>Changes inputs: bits, cuts, copies, splices of two, words of the target, numbers at their edges. All chance comes from the one that is passed in.</summary>
internal sealed class Mutator(IReadOnlyList<string> words, int longest)
{
    private static readonly byte[] Odd = [0, 1, 9, 10, 13, 32, 0x22, 0x25, 0x27, 0x2f, 0x5c, 0x7f, 0x80, 0xc0, 0xed, 0xf4, 0xfe, 0xff];

    private static readonly string[] Numbers =
    [
        "0", "-0", "1", "-1", "00", "127", "128", "255", "256", "32767", "65535", "65536", "2147483647", "2147483648", "-2147483649", "4294967295",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "1e308", "1e400", "-1e400",
        "0.1", "1e-7", "99999999999999999999999999999999", "NaN", "0x10",
    ];

    private readonly byte[][] _words = [.. words.Select(Encoding.UTF8.GetBytes)];

    public byte[] Mutate(Random random, IReadOnlyList<byte[]> pool)
    {
        List<byte> input = [.. pool[random.Next(pool.Count)]];
        for (var left = 1 << random.Next(4); left > 0; left--)
        {
            Step(random, pool, input);
        }

        if (input.Count > longest)
        {
            input.RemoveRange(longest, input.Count - longest);
        }

        return [.. input];
    }

    private void Step(Random random, IReadOnlyList<byte[]> pool, List<byte> input)
    {
        var at = random.Next(input.Count + 1);
        switch (random.Next(10))
        {
            case 0 when at < input.Count:
                input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1 when at < input.Count:
                input[at] = random.Next(2) == 0 ? Odd[random.Next(Odd.Length)] : (byte)random.Next(256);
                break;
            case 2:
                input.RemoveRange(at, Math.Min(input.Count - at, Length(random)));
                break;
            case 3:
                input.RemoveRange(at, input.Count - at);
                break;
            case 4:
                Repeat(random, input, at);
                break;
            case 5:
                var other = pool[random.Next(pool.Count)];
                var from = random.Next(other.Length + 1);
                input.InsertRange(at, other.Skip(from).Take(random.Next(2) == 0 ? Length(random) : other.Length));
                break;
            case 6:
                ReplaceNumber(random, input, at);
                break;
            case 7:
                input.InsertRange(at, Enumerable.Range(0, Length(random)).Select(_ => (byte)random.Next(256)));
                break;
            case 8 when at < input.Count:
                var end = Math.Min(input.Count, at + Length(random));
                for (var i = at; i < end; i++)
                {
                    input[i] = char.IsAsciiLetter((char)input[i]) ? (byte)(input[i] ^ 0x20) : input[i];
                }

                break;
            default:
                if (_words.Length > 0)
                {
                    input.InsertRange(at, _words[random.Next(_words.Length)]);
                }

                break;
        }
    }

    private static int Length(Random random) => random.Next(1, 1 << random.Next(1, 8));

    private void Repeat(Random random, List<byte> input, int at)
    {
        var part = input.GetRange(at, Math.Min(input.Count - at, Length(random)));
        for (var times = Length(random); times > 0 && input.Count < longest; times--)
        {
            input.InsertRange(at, part);
        }
    }

    private static void ReplaceNumber(Random random, List<byte> input, int at)
    {
        var start = input.FindIndex(at, letter => char.IsAsciiDigit((char)letter));
        if (start < 0)
        {
            return;
        }

        var end = start;
        while (end < input.Count && char.IsAsciiDigit((char)input[end]))
        {
            end++;
        }

        var text = random.Next(3) == 0 ? random.NextInt64().ToString(CultureInfo.InvariantCulture) : Numbers[random.Next(Numbers.Length)];
        input.RemoveRange(start, end - start);
        input.InsertRange(start, Encoding.ASCII.GetBytes(text));
    }
}
