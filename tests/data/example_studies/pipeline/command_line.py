

def main(arguments):
    try:
        print(evaluate(" ".join(arguments)))
    except ValueError as error:
        print(error)
        return 2
    return 0
