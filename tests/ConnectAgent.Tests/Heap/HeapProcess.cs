using System.Globalization;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.Tests.Agent.LocalServices;
using ConnectAgent.Tests.Caching;
using ConnectAgent.Tests.Heap;
using FluentAssertions;

namespace ConnectAgent.Tests.Heap;

/// <summary>Measures the heap in a process of its own: in this one other tests allocate, and what they have left is freed when it likes.</summary>
internal static class HeapProcess
{
    private static readonly Dictionary<string, Func<string, int, Task<double>>> Measurements = new()
    {
        [nameof(CacheWeightTests)] = CacheWeightTests.ShareAsync,
        [nameof(LocalModelTests)] = LocalModelTests.BytesAsync,
    };

    /// <summary>Runs one measurement.</summary>
    /// <param name="measurement">The class that measures.</param>
    /// <param name="what">What is measured.</param>
    /// <param name="count">How many of it.</param>
    /// <returns>What was measured.</returns>
    public static async Task<double> RunAsync(string measurement, string what, int count)
    {
        var (code, output, errors) = await RunningProcess.RunAsync(
            "dotnet",
            ["exec", typeof(HeapProcess).Assembly.Location, measurement, what, count.ToString(CultureInfo.InvariantCulture)],
            limit: TimeSpan.FromMinutes(5));
        code.Should().Be(0, output + errors);
        return double.Parse(output, CultureInfo.InvariantCulture);
    }

    /// <summary>Bytes in use; what can be freed is freed.</summary>
    public static long Bytes()
    {
        for (var before = long.MaxValue; ;)
        {
            var heap = GC.GetTotalMemory(forceFullCollection: true);
            if (heap >= before)
            {
                return heap;
            }

            GC.WaitForPendingFinalizers();
            before = heap;
        }
    }

    private static async Task Main(string[] arguments)
    {
        var (measurement, what, count) = (arguments[0], arguments[1], int.Parse(arguments[2], CultureInfo.InvariantCulture));
        Console.WriteLine((await Measurements[measurement](what, count)).ToString(CultureInfo.InvariantCulture));
    }
}
