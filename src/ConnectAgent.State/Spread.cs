using System.Runtime.ExceptionServices;

namespace ConnectAgent.State;

/// <summary>Spreads work over the processors where there is enough of it. A start with many rows waits for nothing else than for them to be read.</summary>
internal static class Spread
{
    private const int Worthwhile = 1024;

    /// <summary>Does parts that do not depend on each other.</summary>
    /// <param name="parts">How many.</param>
    /// <param name="rows">How many rows they are about, all together.</param>
    /// <param name="part">Safe on several threads; the first failure of one is thrown as it is.</param>
    public static void Over(int parts, int rows, Action<int> part)
    {
        if (rows < Worthwhile)
        {
            for (var i = 0; i < parts; i++)
            {
                part(i);
            }

            return;
        }

        try
        {
            Parallel.For(0, parts, part);
        }
        catch (AggregateException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerExceptions[0]);
        }
    }
}
